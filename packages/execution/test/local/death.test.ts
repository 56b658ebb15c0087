import { Workspace } from "@seer/workspace";
import { expect, test } from "vitest";
import { startSession } from "./session-fixture.ts";

const workspace = new Workspace({ customInitCode: "prepared = 'yes'" });

test("a process that dies in a cell is replaced, set up like the first", async () => {
  const session = await startSession({ workspace });
  await session.exec("x = 1");
  await expect(session.exec("print('last words')\nimport os; os._exit(3)")).rejects.toMatchObject({
    code: "execution/process-died",
    message: expect.stringMatching(/exited with code 3/),
    hint: expect.stringContaining("variables are lost"),
    output: { stdout: "last words\n" },
  });
  expect((await session.exec("prepared, 'x' in globals()")).result).toBe("('yes', False)");
});

test("a process that dies between two cells is noticed before the next one runs", async () => {
  const session = await startSession({ workspace });
  await session.exec("x = 1\nimport os, threading; threading.Timer(0.1, os._exit, [0]).start()");
  await new Promise((resolve) => setTimeout(resolve, 600));
  await expect(session.exec("open('touched', 'w').close()")).rejects.toMatchObject({
    code: "execution/process-died",
    message: expect.stringContaining("was not run"),
  });
  expect((await session.exec("import os; prepared, os.path.exists('touched')")).result).toBe(
    "('yes', False)",
  );
});

test("a killed process is reported as killed", async () => {
  const session = await startSession();
  const killed = session.exec("import os, signal; os.kill(os.getpid(), signal.SIGKILL)");
  await expect(killed).rejects.toMatchObject({
    code: "execution/process-died",
    message: expect.stringContaining("SIGKILL"),
  });
});

test("even the loss of the host is survived", async () => {
  const session = await startSession({ workspace });
  const killed = session.exec(
    "import os, signal; os.kill(os.getppid(), signal.SIGKILL); import time; time.sleep(30)",
  );
  await expect(killed).rejects.toMatchObject({ code: "execution/process-died" });
  expect((await session.exec("prepared")).result).toBe("'yes'");
});

test("restart() ends whatever runs, and sets up anew", async () => {
  const session = await startSession({ workspace });
  await session.exec("x = 1");
  let restarted: Promise<void> | undefined;
  const running = session.exec("print('begun')\nimport time; time.sleep(60)", {
    onOutput: () => {
      restarted ??= session.restart();
    },
  });
  await expect(running).rejects.toMatchObject({ code: "execution/process-died" });
  await restarted;
  expect((await session.exec("prepared, 'x' in globals()")).result).toBe("('yes', False)");
});

test("terminate() ends what runs, once and for all", async () => {
  const session = await startSession();
  const running = session.exec("import time; time.sleep(60)");
  running.catch(() => {});
  await Promise.all([session.terminate(), session.terminate()]);
  await expect(running).rejects.toMatchObject({ code: "execution/terminated" });
  await expect(session.exec("1")).rejects.toMatchObject({ code: "execution/terminated" });
  await expect(session.restart()).rejects.toMatchObject({ code: "execution/terminated" });
  await session.interrupt();
  await session.terminate();
});

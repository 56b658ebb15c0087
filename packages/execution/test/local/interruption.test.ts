import { expect, test } from "vitest";
import { startSession } from "./session-fixture.ts";

const forever =
  "import time\nkept = 1\ntry:\n    print('begun')\n    time.sleep(60)\nfinally:\n    cleaned = True";

/** Calls back once the cell has begun. */
function once(begun: () => void) {
  let called = false;
  return {
    onOutput: () => {
      if (!called) begun();
      called = true;
    },
  };
}

test("interrupt() ends the running cell and keeps the variables", async () => {
  const session = await startSession();
  const cell = session.exec(
    forever,
    once(() => void session.interrupt()),
  );
  await expect(cell).rejects.toMatchObject({
    code: "execution/interrupted",
    message: "The code was interrupted",
    hint: "Variables are kept.",
    pythonType: "KeyboardInterrupt",
    traceback: expect.stringMatching(/in <module>[\s\S]*KeyboardInterrupt\n$/),
    output: { stdout: "begun\n", stderr: "" },
  });
  expect((await session.exec("kept, cleaned")).result).toBe("(1, True)");
});

test("interrupt() with nothing running does nothing", async () => {
  const session = await startSession();
  await session.interrupt();
  expect((await session.exec("1")).result).toBe("1");
});

test("a signal ends its own cell, running or waiting", async () => {
  const session = await startSession();
  const [running, waiting] = [new AbortController(), new AbortController()];
  let last: Promise<unknown> = Promise.resolve();
  const first = session.exec(forever, {
    signal: running.signal,
    ...once(() => {
      waiting.abort();
      last = session.exec("kept");
      running.abort();
    }),
  });
  const second = session.exec("never = 1", { signal: waiting.signal });
  await expect(second).rejects.toMatchObject({ code: "execution/interrupted" });
  await expect(first).rejects.toMatchObject({ code: "execution/interrupted" });
  expect(await last).toMatchObject({ result: "1" });
  expect((await session.exec("'never' in globals()")).result).toBe("False");
  await expect(session.exec("1", { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "execution/interrupted",
  });
});

test("a cell that runs too long is interrupted", async () => {
  const session = await startSession();
  await expect(session.exec("while True: pass", { timeoutMs: 200 })).rejects.toMatchObject({
    code: "execution/timeout",
    message: "The code ran for more than 200 ms and was interrupted",
    hint: "Variables are kept.",
  });
  expect((await session.exec("1")).result).toBe("1");
});

test("a coroutine is interrupted where it waits", async () => {
  const session = await startSession();
  await session.exec(`
import asyncio
other = asyncio.ensure_future(asyncio.sleep(2, "done"))
await asyncio.sleep(0)`);
  const code = `
async def wait():
    try:
        print('begun')
        await asyncio.sleep(60)
    finally:
        global cleaned
        cleaned = True
await wait()`;
  const cell = session.exec(
    code,
    once(() => void session.interrupt()),
  );
  await expect(cell).rejects.toMatchObject({ code: "execution/interrupted", hint: "Variables are kept." });
  expect((await session.exec("cleaned, await other")).result).toBe("(True, 'done')");
});

test("a cell that will not stop costs the process, and says so", async () => {
  const session = await startSession();
  const stubborn = `
import time
while True:
    try:
        print('begun')
        time.sleep(60)
    except BaseException:
        pass`;
  await expect(
    session.exec(
      stubborn,
      once(() => void session.interrupt()),
    ),
  ).rejects.toMatchObject({
    code: "execution/interrupted",
    message: expect.stringContaining("did not stop, so the process was killed"),
    hint: expect.stringContaining("variables are lost"),
  });
  expect((await session.exec("1")).result).toBe("1");
});

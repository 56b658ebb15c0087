import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ExecutionError } from "../../src/index.ts";
import { startSession } from "./session-fixture.ts";

test("cells share their variables and give the last value", async () => {
  const session = await startSession();
  expect(await session.exec("x = 20\nprint('set')")).toEqual({
    stdout: "set\n",
    stderr: "",
    images: [],
    result: undefined,
  });
  expect(await session.exec("x + 22")).toMatchObject({ stdout: "", result: "42" });
});

test("stdout and stderr are kept apart, and told as they come", async () => {
  const session = await startSession();
  const heard: [string, string][] = [];
  const code = `
import subprocess, sys, threading
print("out")
print("err", file=sys.stderr)
subprocess.run(["echo", "from a child"], check=True)
thread = threading.Thread(target=print, args=("from a thread",))
thread.start(); thread.join()
print("no newline", end="")`;
  const { stdout, stderr } = await session.exec(code, {
    onOutput: (text, stream) => heard.push([stream, text]),
  });
  expect(stderr).toBe("err\n");
  for (const text of ["out\n", "from a child\n", "from a thread\n", "no newline"])
    expect(stdout).toContain(text);
  expect(
    heard
      .filter(([stream]) => stream === "stdout")
      .map(([, text]) => text)
      .join(""),
  ).toBe(stdout);
});

test("an exception arrives with type, message, traceback and what was printed before", async () => {
  const session = await startSession();
  await session.exec("def check(layer):\n    raise ValueError(f'layer {layer} of 26')");
  const error: unknown = await session.exec("print('before')\ncheck(40)").catch((e) => e);
  expect(ExecutionError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({
    code: "execution/python-error",
    pythonType: "ValueError",
    message: "layer 40 of 26",
    output: { stdout: "before\n", stderr: "", images: [] },
  });
  const { traceback, stack } = error as ExecutionError;
  expect(traceback).toMatch(/^Traceback .*\n {2}File "<cell 2>", line 2, in <module>\n {4}check\(40\)\n/);
  expect(traceback).not.toContain("seer_");
  expect(stack).toContain("layer 40 of 26");
  expect(stack).toContain("exec.test.ts");
  expect(await session.exec("'still there'")).toMatchObject({ result: "'still there'" });
});

test("calls made at once run one after another", async () => {
  const session = await startSession();
  await session.exec("order = []");
  const cell = (i: number) => session.exec(`import time; time.sleep(0.02); order.append(${i})`);
  await Promise.all([cell(1), cell(2), cell(3)]);
  expect((await session.exec("order")).result).toBe("[1, 2, 3]");
});

test("a file of this machine runs as a cell", async () => {
  const session = await startSession();
  const file = join(session.workspaceDir, "analysis.py");
  await writeFile(file, "answer = 42\n1 / 0\n");
  await expect(session.execFile(file)).rejects.toMatchObject({
    pythonType: "ZeroDivisionError",
    traceback: expect.stringContaining('File "analysis.py", line 2, in <module>\n    1 / 0'),
  });
  expect((await session.exec("answer")).result).toBe("42");
  await expect(session.execFile("/nowhere.py")).rejects.toMatchObject({ code: "execution/unreadable-file" });
});

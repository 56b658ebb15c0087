// Whatever ends a cell is that cell's failure: its output is kept, its traceback is its own, and the session lives.
import { expect, test } from "vitest";
import { ExecutionError, type LocalSession } from "../../src/index.ts";
import { startSession } from "./session-fixture.ts";

async function failureOf(session: LocalSession, code: string): Promise<ExecutionError> {
  const error: unknown = await session.exec(code).catch((caught: unknown) => caught);
  if (!ExecutionError.isInstance(error)) throw new Error(`expected a failure of ${code}`);
  return error;
}

test("no exception of a cell is anything but its failure", async () => {
  const session = await startSession();
  const endings: [code: string, pythonType: string][] = [
    ["raise KeyboardInterrupt('mine')", "KeyboardInterrupt"],
    ["import _thread, time; _thread.interrupt_main(); time.sleep(10)", "KeyboardInterrupt"],
    ["import sys; sys.exit()", "SystemExit"],
    ["exit()", "SystemExit"],
    ["quit(3)", "SystemExit"],
    ["raise GeneratorExit", "GeneratorExit"],
    ["class Mine(BaseException): pass\nraise Mine", "Mine"],
    ["import asyncio; raise asyncio.CancelledError", "CancelledError"],
    [
      "import asyncio; task = asyncio.ensure_future(asyncio.sleep(9)); task.cancel(); await task",
      "CancelledError",
    ],
    ["class Odd(Exception):\n    def __str__(self): raise SystemError\nraise Odd", "Odd"],
    ["def deep(): deep()\ndeep()", "RecursionError"],
    ["import threading; raise ValueError(threading.Lock())", "ValueError"],
    ["raise SyntaxError", "SyntaxError"],
    ["import nowhere", "ModuleNotFoundError"],
  ];
  for (const [code, pythonType] of endings) {
    const error = await failureOf(session, `print('before')\n${code}`);
    expect(error).toMatchObject({
      code: "execution/python-error",
      pythonType,
      output: { stdout: "before\n", stderr: "" },
    });
    expect(error.traceback).toContain('File "<cell ');
    expect(error.traceback).not.toMatch(/seer_(session|host)[/\\]/);
  }
  expect((await failureOf(session, "x = (")).code).toBe("execution/python-error");
  expect((await session.exec("'still here'")).result).toBe("'still here'");
});

test("what code makes of an interruption is still an interruption", async () => {
  const session = await startSession();
  const reactions = {
    "raise ValueError('mine')": "ValueError",
    "raise SystemExit": "SystemExit",
    raise: "KeyboardInterrupt",
  };
  for (const [reaction, pythonType] of Object.entries(reactions)) {
    const code = `import time\ntry:\n    print('begun')\n    time.sleep(60)\nexcept BaseException:\n    ${reaction}`;
    const failed = session.exec(code, { onOutput: () => void session.interrupt() });
    await expect(failed).rejects.toMatchObject({
      code: "execution/interrupted",
      hint: "Variables are kept.",
      pythonType,
      traceback: expect.not.stringContaining("seer_host"),
    });
  }
  const late = "import time\ntry:\n    time.sleep(60)\nexcept BaseException:\n    raise ValueError";
  await expect(session.exec(late, { timeoutMs: 300 })).rejects.toMatchObject({
    code: "execution/timeout",
    pythonType: "ValueError",
  });
});

import { expect, test } from "vitest";
import { type ProgramError, runProgram } from "../../src/index.ts";

const timeoutMs = 60_000;
const node = (code: string, options = {}) =>
  runProgram(process.execPath, ["-e", code], { timeoutMs, ...options });
const failure = (running: Promise<unknown>) =>
  running.then(
    () => expect.fail("it succeeded"),
    (error: ProgramError) => error,
  );

test("returns what a program printed", async () => {
  await expect(node("console.log('out'); console.error('err')")).resolves.toEqual({
    stdout: "out\n",
    stderr: "err\n",
  });
});

test("a program that fails keeps its code and its output", async () => {
  const error = await failure(node("console.log('half'); process.exit(3)"));
  expect(error).toMatchObject({ code: 3, stdout: "half\n" });
});

test("a program that is not there", async () => {
  const error = await failure(runProgram("no-such-program-anywhere", [], { timeoutMs }));
  expect(error.code).toBe("ENOENT");
});

test("a program that takes too long is killed", async () => {
  const error = await failure(node("setInterval(() => {}, 1000)", { timeoutMs: 300 }));
  expect(error.message).toContain("did not end within 300 ms");
});

test("a program that prints too much is killed", async () => {
  const error = await failure(node("for (;;) console.log('x'.repeat(1000))", { maxBytes: 10_000 }));
  expect(error.message).toContain("more than 10000 bytes");
});

test("a cancelled program is killed", async () => {
  const abort = new AbortController();
  const running = failure(node("setInterval(() => {}, 1000)", { signal: abort.signal }));
  abort.abort(new Error("enough"));
  expect((await running).message).toBe("enough");
});

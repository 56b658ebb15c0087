import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { HostProcess } from "../../src/launch/host-process.ts";
import { processesWith } from "../fixtures/real-host.ts";

const run = (script: string) =>
  new HostProcess(
    { command: "sh", args: ["-c", script], env: { PATH: process.env.PATH ?? "" }, cwd: undefined },
    undefined,
  );

test("its configuration goes in on standard input, its port comes out as the first JSON line", async () => {
  const host = run('read config; echo "a warning"; echo "$config"; cat > /dev/null');
  expect(await host.start('{"port": 4711}', { timeoutMs: 5000 })).toBe(4711);
  await host.close();
  expect(await host.exited).toEqual({ code: 0, signal: null });
});

test("lines that are not a port are ignored, however long", async () => {
  const host = run(`head -c 20000000 /dev/zero | tr '\\0' x; echo
    printf '%s\\n' null '{"port": "1@example.com"}' '{"port": 0}' '{"port": 65536}' '{"port": 4711}'; cat > /dev/null`);
  expect(await host.start("{}", { timeoutMs: 5000 })).toBe(4711);
  await host.close();
});

test.each([
  [
    "ends",
    "echo 'no config' >&2; exit 2",
    /^The host ended with code 2 before its port was open:\nno config$/,
    5000,
  ],
  ["is killed", "kill -9 $$", /^The host was ended by SIGKILL/, 5000],
  [
    "says nothing",
    "echo thinking >&2; sleep 60",
    /^The host did not open its port within 200 ms:\nthinking$/,
    200,
  ],
])("a host that %s fails with what it said", async (_how, script, message, timeoutMs) => {
  const host = run(script);
  const start = host.start("{}", { timeoutMs });
  await expect(start).rejects.toMatchObject({
    code: "rpc/host-failed",
    message: expect.stringMatching(message),
  });
  await host.close(0);
});

test("a command that does not exist is named", async () => {
  const host = new HostProcess({ command: "/no/such", args: [], env: {}, cwd: undefined }, undefined);
  await expect(host.start("{}", { timeoutMs: 5000 })).rejects.toMatchObject({
    code: "rpc/host-failed",
    message: expect.stringContaining("/no/such cannot be started"),
  });
  await host.close();
});

test("a host that ignores the end of its input is ended with everything in its group", async () => {
  const mark = `SEER_TEST_MARK=${randomUUID()}`;
  const host = run(`export ${mark}; sleep 60 & sleep 60 & echo '{"port": 1}'; wait`);
  await host.start("{}", { timeoutMs: 5000 });
  await expect.poll(async () => (await processesWith(mark)).length).toBe(2);
  await host.close(100);
  expect(await host.exited).toEqual({ code: null, signal: "SIGKILL" });
  await expect.poll(() => processesWith(mark)).toEqual([]);
});

import { existsSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CallProgress, RemoteError, RpcClient } from "../../src/index.ts";
import type { LaunchedHost } from "../../src/launch/index.ts";
import { startHost, temporaryDirectory } from "../fixtures/real-host.ts";

let host: LaunchedHost;
let client: RpcClient;
beforeAll(async () => {
  host = await startHost();
  client = await RpcClient.connect({ url: host.url, token: host.token });
});
afterAll(async () => {
  await client?.close();
  await host?.close();
});

test("calls by name, in order, and with defaults", async () => {
  expect(await client.call("add", { a: 1, b: 2 })).toBe(3);
  expect(await client.call("add", [1, 2])).toBe(3);
  expect(await client.call("add", { a: 1 })).toBe(2);
});

test("describes what is served", async () => {
  const description = await client.describe();
  expect(description).toMatchObject({
    protocol: 1,
    name: "interface",
    doc: "What the tests of the client call.",
  });
  expect(description.functions.find(({ name }) => name === "add")).toMatchObject({
    description: "Adds two numbers.",
    parameters: [
      {
        name: "a",
        kind: "positional_or_keyword",
        annotation: "int",
        schema: { type: "integer" },
        required: true,
        description: "The first.",
      },
      { name: "b", required: false, default: 1, defaultText: "1" },
    ],
    returns: { annotation: "int", schema: { type: "integer" } },
    stream: false,
  });
  expect(description.functions.find(({ name }) => name === "numbers")?.stream).toBe(true);
  expect(description.functions.find(({ name }) => name === "wait_for_each_other")).toMatchObject({
    async: true,
    concurrency: 8,
  });
});

test.each([
  ["text", "naïve 🧠 \u0000 \ud83e"],
  ["non-finite floats", [NaN, Infinity, -Infinity]],
  ["a large integer", 2n ** 80n],
  ["bytes", Uint8Array.of(0, 255)],
  [
    "a dict with other keys",
    new Map<unknown, unknown>([
      [1, [2]],
      [null, true],
    ]),
  ],
  ["nothing", null],
])("%s comes back as it went", async (_name, value) => {
  expect(await client.call("echo", { value })).toEqual(value);
});

test("an exception arrives with its type, message and the file's own lines", async () => {
  const error = await client.call("fail", { message: "layer 40 of 26" }).catch((error: unknown) => error);
  expect(RemoteError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ code: "rpc/exception", pythonType: "ValueError", message: "layer 40 of 26" });
  const { traceback } = error as RemoteError;
  expect(traceback).toMatch(/interface\.py", line \d+, in inner\n\s+raise ValueError\(message\)/);
  expect(traceback).not.toContain("seer_host");
  expect(inspect(error)).toContain("raise ValueError(message)");
  expect(inspect(error)).toContain("calls.test.ts");
});

test.each([
  ["add", { a: "one" }, { code: "rpc/invalid-arguments", details: { parameter: "a" } }],
  ["add", {}, { code: "rpc/invalid-arguments", details: { parameter: "a" } }],
  ["add", { a: 1, c: 2 }, { code: "rpc/invalid-arguments", details: { parameter: "c" } }],
  ["ad", { a: 1 }, { code: "rpc/unknown-function", hint: expect.stringContaining("add") }],
  ["unserialisable", {}, { code: "rpc/unserialisable", message: expect.stringContaining("layers") }],
])("%s(%o) is refused with a code and a reason", async (fn, args, expected) => {
  await expect(client.call(fn, args)).rejects.toMatchObject(expected);
});

test("a full queue is refused with its length", async () => {
  await using small = await startHost({ limits: { queue: 2 } });
  await using client = await small.client();
  const calls = Array.from({ length: 12 }, () => client.call("sleep", { seconds: 0.1 }));
  const results = await Promise.allSettled(calls);
  const refused = results.filter(({ status }) => status === "rejected");
  expect(refused.length).toBeGreaterThan(3);
  expect(refused[0]).toMatchObject({ reason: { code: "rpc/queue-full", details: { queueLimit: 2 } } });
  expect(results.filter(({ status }) => status === "fulfilled").length).toBe(12 - refused.length);
});

test("a value that cannot be sent fails before anything is", async () => {
  await expect(client.call("echo", { value: () => 1 })).rejects.toMatchObject({ code: "rpc/unserialisable" });
});

test("prints arrive as they are printed, apart by stream", async () => {
  const outputs: [string, string][] = [];
  await client.call(
    "print_lines",
    { count: 3 },
    { onOutput: (text, stream) => outputs.push([text, stream]) },
  );
  const of = (wanted: string) =>
    outputs
      .filter(([, stream]) => stream === wanted)
      .map(([text]) => text)
      .join("");
  expect(of("stdout")).toBe("line 0 ✓\nline 1 ✓\nline 2 ✓\n");
  expect(of("stderr")).toBe("careful\n");

  await using directory = await temporaryDirectory();
  const path = `${directory.path}/printed`;
  let printed = "";
  const onOutput = (text: string) => {
    printed += text;
    // The function goes on only when its first line has arrived.
    writeFileSync(path, "");
  };
  expect(await client.call("wait_for_file", { path }, { onOutput })).toBe("found");
  expect(printed).toBe("waiting\nfound\n");
});

test("progress arrives", async () => {
  const seen: CallProgress[] = [];
  expect(await client.call("count_to", { total: 3, pause: 0.06 }, { onProgress: (p) => seen.push(p) })).toBe(
    "done",
  );
  expect(seen.at(-1)).toEqual({ done: 3, total: 3, message: "step 3" });
  expect(seen.length).toBeGreaterThan(1);
});

test("many calls at once each get their own result", async () => {
  const results = await Promise.all(
    Array.from({ length: 300 }, (_, i) => client.call("add", { a: i, b: i })),
  );
  expect(results).toEqual(Array.from({ length: 300 }, (_, i) => 2 * i));
});

test("functions that may run beside each other do", async () => {
  const calls = Array.from({ length: 8 }, () => client.call("wait_for_each_other", { count: 8 }));
  expect(await Promise.all(calls)).toEqual(Array(8).fill("met"));
});

test("a cancelled call ends here at once and in the worker soon", async () => {
  await using directory = await temporaryDirectory();
  const controller = new AbortController();
  const call = client.call(
    "mark_when_cancelled",
    { directory: directory.path },
    { signal: controller.signal },
  );
  await expect.poll(() => existsSync(`${directory.path}/started`)).toBe(true);
  controller.abort(new Error("enough"));
  await expect(call).rejects.toMatchObject({ code: "rpc/cancelled", cause: { message: "enough" } });
  await expect.poll(() => existsSync(`${directory.path}/cancelled`)).toBe(true);
  expect(await client.call("add", [1, 1])).toBe(2);
});

test("a signal that is aborted already keeps the call from being sent", async () => {
  const before = await client.call("how_many_seen");
  await expect(client.call("numbers", [1], { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "rpc/cancelled",
  });
  expect(await client.call("how_many_seen")).toBe(before);
});

test("a deadline ends the call", async () => {
  await expect(client.call("sleep", { seconds: 600 }, { timeoutMs: 100 })).rejects.toMatchObject({
    code: "rpc/deadline",
  });
  expect(await client.call("add", [1, 1])).toBe(2);
});

test("another client finds a call by its id, with what it printed", async () => {
  const callId = "found-again";
  const first = await RpcClient.connect({ url: host.url, token: host.token });
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/enough`;
  const begun = Promise.withResolvers<void>();
  const call = first.call("wait_for_file", { path }, { callId, onOutput: () => begun.resolve() });
  const lost = expect(call).rejects.toMatchObject({ code: "rpc/closed" });
  await begun.promise;
  await first.close();
  await lost;
  let printed = "";
  const onOutput = (text: string) => {
    printed += text;
    writeFileSync(path, "");
  };
  expect(await client.attach(callId, { onOutput })).toBe("found");
  expect(printed).toBe("waiting\nfound\n");
  printed = "";
  expect(await client.attach(callId, { onOutput, outputFrom: "waiting\n".length })).toBe("found");
  expect(printed).toBe("found\n");
  await expect(client.attach("never-made")).rejects.toMatchObject({ code: "rpc/unknown-call" });
});

test("the same id again does not run the function again", async () => {
  await using directory = await temporaryDirectory();
  const args = { directory: directory.path, text: "once", seconds: 0.1 };
  await using other = await RpcClient.connect({ url: host.url, token: host.token });
  const options = { callId: "only-once" };
  expect(await Promise.all([client.call("note", args, options), other.call("note", args, options)])).toEqual([
    "once",
    "once",
  ]);
  expect(await client.call("note", args, options)).toBe("once");
  expect(await readFile(`${directory.path}/notes`, "utf8")).toBe("once\n");
});

test("calls are listed, and can be cancelled by their id", async () => {
  await using admin = await host.client();
  const call = client.call("sleep", { seconds: 30 }, { callId: "listed" });
  const cancelled = expect(call).rejects.toMatchObject({ code: "rpc/cancelled" });
  await expect
    .poll(async () => (await admin.calls()).find(({ id }) => id === "listed"))
    .toMatchObject({ function: "sleep", state: "running", position: 0, endedAt: null });
  expect(await admin.cancel("listed")).toMatchObject({ state: "cancelled", error: { code: "cancelled" } });
  await cancelled;
  await expect(admin.cancel("never-made")).rejects.toMatchObject({ code: "rpc/unknown-call" });
});

test("health tells how busy the host is, while it is", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/enough`;
  const call = client.call("wait_for_file", { path });
  await expect
    .poll(() => client.health())
    .toMatchObject({
      protocol: 1,
      name: "interface",
      state: "busy",
      running: 1,
      restarts: 0,
    });
  writeFileSync(path, "");
  await call;
  expect(await client.health()).toMatchObject({ state: "idle", running: 0 });
});

test("the call token calls; the admin token also reads logs", async () => {
  await expect(client.logs()).rejects.toMatchObject({ code: "rpc/forbidden" });
  await expect(client.restart()).rejects.toMatchObject({ code: "rpc/forbidden" });
  await expect(client.shutdown()).rejects.toMatchObject({ code: "rpc/forbidden" });
  await using admin = await host.client();
  await client.call("print_lines", [1]);
  expect(await admin.logs({ lines: 20 })).toContain("line 0 ✓");
});

test.each(["", "wrong"])("the token %o is refused, by WebSocket and by HTTP", async (token) => {
  await expect(RpcClient.connect({ url: host.url, token })).rejects.toMatchObject({
    code: "rpc/unauthorised",
  });
  const response = await fetch(`${host.url}/health`, { headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(401);
});

import { createServer } from "node:net";
import { expect, test, vi } from "vitest";
import { RpcClient } from "../../src/index.ts";
import { type Script, scriptedHost } from "../fixtures/scripted-host.ts";

const token = "t";
const connectTo = async (script: Script) => {
  await using host = await scriptedHost(script);
  await using _client = await RpcClient.connect({ url: host.url, token, timeoutMs: 500 });
};

test.each<[string, Script, object]>([
  [
    "another version",
    { hello: { op: "hello", protocol: 2 } },
    { code: "rpc/protocol", message: /version 2 .* version 1/ },
  ],
  ["no hello", { hello: { op: "state" } }, { code: "rpc/protocol" }],
  ["silence", { hello: null }, { code: "rpc/unreachable", message: /did not answer in time/ }],
  ["a closed door", { refuse: { status: 401, body: "" } }, { code: "rpc/unauthorised" }],
  [
    "its own error",
    { refuse: { status: 403, body: '{"error":{"code":"forbidden","message":"not from there"}}' } },
    { code: "rpc/forbidden", message: /not from there/ },
  ],
  [
    "a gateway's error",
    { refuse: { status: 502, body: "Bad Gateway" } },
    { code: "rpc/unreachable", message: /502: Bad Gateway/ },
  ],
  ["another kind of server", { refuse: { status: 302, body: "" } }, { code: "rpc/protocol" }],
])(
  "a host that answers with %s",
  async (_name, script, { code, message = /./ }: { code?: string; message?: RegExp }) => {
    await expect(connectTo(script)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  },
);

test("a port on which nobody listens is reported", async () => {
  await expect(RpcClient.connect({ url: "http://127.0.0.1:1", token })).rejects.toMatchObject({
    code: "rpc/unreachable",
    message: expect.stringContaining("ECONNREFUSED"),
  });
});

test("connecting to something that never answers can be cancelled", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const signal = AbortSignal.timeout(50);
  const connecting = RpcClient.connect({ url: `http://127.0.0.1:${port}`, token, signal });
  await expect(connecting).rejects.toMatchObject({ code: "rpc/unreachable" });
  const controller = new AbortController();
  controller.abort(new Error("enough"));
  await expect(
    RpcClient.connect({ url: `http://127.0.0.1:${port}`, token, signal: controller.signal }),
  ).rejects.toMatchObject({ code: "rpc/cancelled", cause: expect.objectContaining({ message: "enough" }) });
  server.close();
});

test("a value that cannot be read fails its call and no other", async () => {
  await using host = await scriptedHost({
    onMessage({ id, function: fn }, send, socket) {
      if (fn === "good") setTimeout(() => send({ op: "result", id }, 1), 20);
      if (fn === "bad") socket.send(`{"op":"result","id":"${id}"}\n{"cut`);
    },
  });
  await using client = await RpcClient.connect({ url: host.url, token });
  const good = client.call("good");
  await expect(client.call("bad")).rejects.toMatchObject({ code: "rpc/protocol" });
  expect(await good).toBe(1);
});

test("a connection that has gone silent is given up, and the call taken up again on another", async () => {
  let calls = 0;
  const attached: unknown[] = [];
  await using host = await scriptedHost({
    // The first connection is half open: everything arrives, nothing comes back, not even a pong.
    onMessage(header, send) {
      if (header.op === "call") calls++;
      if (header.op !== "attach") return;
      attached.push(header);
      send({ op: "result", id: header.id }, "late");
    },
  });
  await using client = await RpcClient.connect({ url: host.url, token, livenessIntervalMs: 30 });
  expect(await client.call("slow", {}, { onOutput: () => {} })).toBe("late");
  expect(calls).toBe(1);
  expect(attached).toMatchObject([{ output: 0, item: 0 }]);
});

test("a call that got lost on its way is sent again", async () => {
  const received: string[] = [];
  await using host = await scriptedHost({
    onMessage(header, send, socket) {
      received.push(String(header.op));
      if (received.length === 1) return socket.terminate();
      if (header.op === "attach") {
        const details = { completeForMs: 60_000 };
        send({ op: "error", id: header.id }, { code: "unknown-call", message: "no such call", details });
      }
      if (header.op === "call") send({ op: "result", id: header.id }, 42);
    },
  });
  await using client = await RpcClient.connect({ url: host.url, token });
  expect(await client.call("f")).toBe(42);
  expect(received).toEqual(["call", "attach", "call"]);
});

test("a call that the host may have run and forgotten is not sent again", async () => {
  const received: string[] = [];
  await using host = await scriptedHost({
    onMessage(header, send, socket) {
      received.push(String(header.op));
      if (header.op === "call") setTimeout(() => socket.terminate(), 50);
      if (header.op !== "attach") return;
      // It has dropped the records of calls that were accepted after this one was sent.
      const details = { completeForMs: 20 };
      send({ op: "error", id: header.id }, { code: "unknown-call", message: "no longer kept", details });
    },
  });
  await using client = await RpcClient.connect({ url: host.url, token });
  await expect(client.call("f")).rejects.toMatchObject({ code: "rpc/unknown-call" });
  expect(received).toEqual(["call", "attach"]);
});

test("a call that the host has forgotten after all is not sent again", async () => {
  const received: string[] = [];
  await using host = await scriptedHost({
    onMessage(header, send, socket) {
      received.push(String(header.op));
      if (header.op === "call") send({ op: "output", id: header.id, stream: "stdout", offset: 0 }, "begun");
      if (header.op === "attach") {
        send({ op: "error", id: header.id }, { code: "unknown-call", message: "no longer kept" });
      }
      if (received.length === 1) setTimeout(() => socket.terminate(), 20);
    },
  });
  await using client = await RpcClient.connect({ url: host.url, token });
  const call = client.call("f", {}, { onOutput: () => {} });
  await expect(call).rejects.toMatchObject({ code: "rpc/unknown-call" });
  expect(received).toEqual(["call", "attach"]);
});

test("a host that was started anew does not run a call that the old one may have run", async () => {
  let connections = 0;
  const received: string[] = [];
  await using host = await scriptedHost({
    hello: null,
    onConnection: (send) => send({ op: "hello", protocol: 1, state: "idle", instance: `i${++connections}` }),
    onMessage(header, _send, socket) {
      received.push(String(header.op));
      socket.terminate();
    },
  });
  await using client = await RpcClient.connect({ url: host.url, token });
  await expect(client.call("f")).rejects.toMatchObject({ code: "rpc/call-lost" });
  expect(received).toEqual(["call"]);
});

test("when no connection can be had again, every call fails within the time given for it, and a later one tries again", async () => {
  let open = true;
  await using host = await scriptedHost({
    onMessage: ({ id, function: fn }, send, socket) =>
      fn === "die" ? socket.terminate() : send({ op: "result", id }, "alive"),
    hello: null,
    onConnection: (send, socket) =>
      open ? send({ op: "hello", protocol: 1, state: "idle" }) : socket.terminate(),
  });
  await using client = await RpcClient.connect({ url: host.url, token, reconnectMs: 200 });
  open = false;
  const calls = [client.call("die"), client.call("die")];
  const results = await Promise.allSettled(calls);
  expect(results).toMatchObject([
    { reason: { code: "rpc/unreachable" } },
    { reason: { code: "rpc/unreachable" } },
  ]);
  open = true;
  expect(await client.call("live")).toBe("alive");
});

test("a cancel that cannot be sent is sent when the connection is back", async () => {
  const received: string[] = [];
  const cancelled = Promise.withResolvers<void>();
  let open = true;
  await using host = await scriptedHost({
    hello: null,
    onConnection: (send, socket) =>
      open ? send({ op: "hello", protocol: 1, state: "idle" }) : socket.terminate(),
    onMessage(header, _send, socket) {
      received.push(`${header.op} ${header.id}`);
      if (header.op === "cancel") return cancelled.resolve();
      open = false;
      socket.terminate();
    },
  });
  await using client = await RpcClient.connect({ url: host.url, token });
  const controller = new AbortController();
  const call = client.call("f", {}, { signal: controller.signal, callId: "mine" });
  await expect.poll(() => open).toBe(false);
  controller.abort();
  await expect(call).rejects.toMatchObject({ code: "rpc/cancelled" });
  open = true;
  await cancelled.promise;
  expect(received).toEqual(["call mine", "cancel mine"]);
});

test("a host that does not keep a deadline is not waited for", async () => {
  await using host = await scriptedHost({});
  await using client = await RpcClient.connect({ url: host.url, token });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const call = client.call("f", {}, { timeoutMs: 1000 });
  vi.advanceTimersByTime(10_000);
  vi.useRealTimers();
  await expect(call).rejects.toMatchObject({ code: "rpc/deadline", message: "f did not end within 1000 ms" });
});

test("a callback that throws fails its call", async () => {
  await using host = await scriptedHost({
    onMessage({ op, id }, send) {
      if (op === "call") send({ op: "output", id, stream: "stdout", offset: 0 }, "hi");
    },
  });
  await using client = await RpcClient.connect({ url: host.url, token });
  const onOutput = () => {
    throw new Error("mine");
  };
  await expect(client.call("f", {}, { onOutput })).rejects.toThrow("mine");
});

test("closing fails the calls under way and those that come later", async () => {
  await using host = await scriptedHost({});
  const client = await RpcClient.connect({ url: host.url, token });
  const call = expect(client.call("f")).rejects.toMatchObject({ code: "rpc/closed" });
  await client.close();
  await client.close();
  await call;
  await expect(client.call("f")).rejects.toMatchObject({ code: "rpc/closed" });
});

test("answers of another shape are errors that name the place", async () => {
  await using host = await scriptedHost({
    onRequest: (request, response) =>
      response.end(request.url?.startsWith("/health") ? '{"protocol":"1"}' : "<html>"),
  });
  await using client = await RpcClient.connect({ url: host.url, token });
  await expect(client.health()).rejects.toThrow("health is not as expected at protocol");
  await expect(client.describe()).rejects.toThrow("description is not JSON");
});

test("a cancel that a silent connection swallows is sent again on the next", async () => {
  const received: string[] = [];
  const cancelled = Promise.withResolvers<void>();
  let connections = 0;
  await using host = await scriptedHost({
    onConnection: () => connections++,
    // The first connection is half open: everything seems to arrive, nothing comes back.
    onMessage(header, send) {
      if (header.op === "ping" && connections > 1) send({ op: "pong", id: header.id });
      if (header.op === "ping" || header.op === "call") return;
      received.push(`${header.op} on ${connections}`);
      if (connections === 2) cancelled.resolve();
    },
  });
  await using client = await RpcClient.connect({ url: host.url, token, livenessIntervalMs: 30 });
  const controller = new AbortController();
  const call = client.call("f", {}, { signal: controller.signal });
  controller.abort();
  await expect(call).rejects.toMatchObject({ code: "rpc/cancelled" });
  await cancelled.promise;
  expect(received).toEqual(["cancel on 1", "cancel on 2"]);
});

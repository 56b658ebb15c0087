import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RpcClient, RpcError } from "../../src/index.ts";
import { startHost, temporaryDirectory } from "../fixtures/real-host.ts";
import { tcpProxy } from "../fixtures/tcp-proxy.ts";

const version = (number: number) => `
@expose
def version() -> int:
    return ${number}
`;

test("an edited file is served under the same address, and clients are told", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "interface.py");
  await writeFile(file, version(1));
  await using host = await startHost({ file });
  const revisions: number[] = [];
  await using client = await RpcClient.connect({
    url: host.url,
    token: host.adminToken,
  });
  const listening = client.onInterfaceChange((revision) => revisions.push(revision));
  expect((await client.describe()).revision).toBe(1);

  await writeFile(file, `${version(2)}\n@expose\ndef added() -> str:\n    return "new"\n`);
  const description = await client.reload();
  expect(description.revision).toBe(2);
  expect(description.functions.map(({ name }) => name)).toEqual(["version", "added"]);
  expect(await client.describe()).toEqual(description);
  expect((await client.health()).revision).toBe(2);
  expect(await client.call("version")).toBe(2);
  expect(revisions).toEqual([2]);

  listening[Symbol.dispose]();
  await client.reload();
  expect(await client.call("version")).toBe(2);
  expect(revisions).toEqual([2]);
});

test.each([
  ["a syntax error", "def broken(:\n", /interface\.py:1/],
  ["an exception", "raise KeyError('layer')\n", /KeyError/],
  ["nothing exposed", "x = 1\n", /exposes no function/],
  ["an exit", "import os\nos._exit(3)\n", /exited with code 3/],
])("the version before goes on when an edit has %s", async (_name, source, message) => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "interface.py");
  await writeFile(file, version(1));
  await using host = await startHost({ file });
  await using client = await host.client();
  await writeFile(file, source);
  const error = await client.reload().catch((error: unknown) => error);
  expect(RpcError.isInstance(error) && error.code).toBe("rpc/load-failed");
  expect((error as Error).message).toMatch(message);
  expect(await client.call("version")).toBe(1);
  expect((await client.health()).state).toBe("idle");
});

test.each(["signal", "timeoutMs"])("a load that takes too long is ended by `%s`", async (option) => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "interface.py");
  await writeFile(file, version(1));
  await using host = await startHost({ file });
  await using client = await host.client();
  await writeFile(file, "import time\ntime.sleep(3600)\n");
  const abort = new AbortController();
  const reloading = client.reload(option === "signal" ? { signal: abort.signal } : { timeoutMs: 500 });
  setTimeout(() => abort.abort(), 500);
  await expect(reloading).rejects.toMatchObject({
    code: option === "signal" ? "rpc/cancelled" : "rpc/loading",
  });
  expect(await client.call("version")).toBe(1);
  await writeFile(file, version(3));
  await client.reload();
  expect(await client.call("version")).toBe(3);
});

test("a client that was away during a reload is told when it is back", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "interface.py");
  await writeFile(file, version(1));
  await using host = await startHost({ file });
  await using proxy = await tcpProxy(host.url);
  const told = Promise.withResolvers<number>();
  await using client = await RpcClient.connect({
    url: proxy.url,
    token: host.adminToken,
  });
  client.onInterfaceChange(told.resolve);
  proxy.refuse(true);
  proxy.cut();
  await writeFile(file, version(2));
  await using other = await host.client();
  await other.reload();
  proxy.refuse(false);
  expect(await told.promise).toBe(2);
  expect(await client.call("version")).toBe(2);
});

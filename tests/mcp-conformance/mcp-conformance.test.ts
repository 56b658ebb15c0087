import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { fileURLToPath } from "node:url";
import { serveHttp } from "@seer/expose-adapters/mcp";
import { RpcClient } from "@seer/rpc";
import { launchHost } from "@seer/rpc/launch";
import { expect, test } from "vitest";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Passes everything on with the token, which the suite has no option for. */
async function addToken(target: string, token: string): Promise<Server> {
  const proxy = createServer((incoming, response) => {
    const { method, headers, url = "/" } = incoming;
    const outgoing = request(
      new URL(url, target),
      // The suite's own Host, which the server checks.
      { method, headers: { ...headers, authorization: `Bearer ${token}` }, setHost: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders();
        pipeline(answer, response, () => {});
      },
    );
    outgoing.on("error", () => response.destroy());
    response.on("close", () => outgoing.destroy());
    pipeline(incoming, outgoing, () => {});
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return proxy;
}

test("the official suite passes, but for what is not offered", async () => {
  await using stack = new AsyncDisposableStack();
  const host = stack.use(await launchHost({ file: here("fixtures/interface.py"), name: "conformance" }));
  const client = stack.use(await RpcClient.connect(host));
  await client.describe({ timeoutMs: 60_000 });
  const server = stack.use(await serveHttp(client, "conformance"));
  const proxy = stack.adopt(await addToken(server.url, server.token), (server) => {
    server.closeAllConnections();
    server.close();
  });
  const results = stack.adopt(await mkdtemp(join(tmpdir(), "seer-conformance-")), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  const suite = [
    "server",
    "--url",
    `http://localhost:${(proxy.address() as AddressInfo).port}/mcp`,
    "--suite",
    "all",
    "--expected-failures",
    here("expected-failures.yml"),
  ];
  const ran = await new Promise<{ code: number; output: string }>((resolve) => {
    const command = here("../node_modules/@modelcontextprotocol/conformance/dist/index.js");
    execFile(process.execPath, [command, ...suite], { cwd: results, timeout: 240_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : 1, output: `${out}\n${err}` });
    });
  });
  expect(ran.code, ran.output).toBe(0);
});

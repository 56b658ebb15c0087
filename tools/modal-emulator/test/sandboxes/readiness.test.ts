import { Probe, TimeoutError } from "modal";
import { afterAll, beforeAll, expect } from "vitest";
import { describe, it, run, type Setup, start, versions } from "../helpers/start.ts";

let setup: Setup;
beforeAll(async () => {
  setup = await start();
});
afterAll(() => setup[Symbol.asyncDispose]());

const SERVER =
  "import http.server; http.server.HTTPServer(('127.0.0.1', 9000), http.server.SimpleHTTPRequestHandler).serve_forever()";

describe.each(versions)("readiness on backend V$version", ({ params }) => {
  it("comes when the probed port listens", async () => {
    const readinessProbe = Probe.withTcp(9000, { intervalMs: 20 });
    const sandbox = await setup.create({ ...params, readinessProbe });
    await expect(sandbox.waitUntilReady(150)).rejects.toThrow(TimeoutError);
    const server = await sandbox.exec(["/usr/bin/python3", "-c", SERVER]);
    await sandbox.waitUntilReady(20_000);
    await sandbox.terminate();
    expect(await server.wait()).toBe(137);
  });

  it("comes when the probed command succeeds", async () => {
    const readinessProbe = Probe.withExec(["test", "-e", "/ready"], { intervalMs: 20 });
    const sandbox = await setup.create({ ...params, readinessProbe });
    const ready = sandbox.waitUntilReady(20_000);
    await run(sandbox, ["touch", "/ready"]);
    await ready;
  });

  it("never comes to a sandbox that ends before", async () => {
    const readinessProbe = Probe.withTcp(9000, { intervalMs: 20 });
    const sandbox = await setup.create({ ...params, readinessProbe });
    const ready = sandbox.waitUntilReady(20_000);
    setTimeout(() => void sandbox.terminate(), 50);
    await expect(ready).rejects.toThrow(/finished/);
  });
});

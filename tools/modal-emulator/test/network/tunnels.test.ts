import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { promisify } from "node:util";
import type { Sandbox } from "modal";
import { afterAll, beforeAll, expect } from "vitest";
import { describe, it, run, type Setup, start, versions } from "../helpers/start.ts";

let setup: Setup;
beforeAll(async () => {
  setup = await start();
  setup.emulator.trustTunnels();
});
afterAll(() => setup[Symbol.asyncDispose]());

/** Serves one word over HTTP on port 8000 of a sandbox. */
async function serve(sandbox: Sandbox, word: string): Promise<void> {
  const program = `
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"${word}")
server = http.server.HTTPServer(("0.0.0.0", 8000), Handler)
print("serving", flush=True)
server.serve_forever()
`;
  const process = await sandbox.exec(["/usr/bin/python3", "-c", program]);
  await process.stdout.getReader().read();
}

describe.each(versions)("a tunnel on backend V$version", ({ params }) => {
  it("leads over TLS to a port inside, the same port in every sandbox", async () => {
    const sandboxes = await Promise.all(
      [1, 2].map(() => setup.create({ ...params, encryptedPorts: [8000] })),
    );
    await Promise.all(sandboxes.map((sandbox, index) => serve(sandbox, `sandbox ${index}`)));
    const urls = await Promise.all(
      sandboxes.map(async (sandbox) => (await sandbox.tunnels())[8000]?.url ?? ""),
    );
    expect(urls[0]).toMatch(/^https:\/\//);
    expect(await Promise.all(urls.map(async (url) => (await fetch(url)).text()))).toEqual([
      "sandbox 0",
      "sandbox 1",
    ]);
  });

  it("is a bad gateway as long as nothing listens, and closed when the sandbox is over", async () => {
    const sandbox = await setup.create({ ...params, encryptedPorts: [8000] });
    const url = (await sandbox.tunnels())[8000]?.url ?? "";
    expect((await fetch(url)).status).toBe(502);
    await sandbox.terminate();
    await expect(fetch(url)).rejects.toThrow();
  });

  it("can be plain TCP as well, and counts as use while a connection is open", async () => {
    const idle = { timeoutMs: 3600_000, idleTimeoutMs: 60_000 };
    const sandbox = await setup.create({ ...params, ...idle, unencryptedPorts: [7000] });
    const script =
      "import socket; s = socket.create_server(('', 7000)); print(1, flush=True); c, _ = s.accept(); c.sendall(c.recv(9) * 2)";
    await run(sandbox, [
      "sh",
      "-c",
      `/usr/bin/python3 -c "${script}" >/tmp/out 2>&1 & while ! test -s /tmp/out; do :; done`,
    ]);
    const [host, port] = (await sandbox.tunnels())[7000]?.tcpSocket ?? ["", 0];
    const socket = connect(port, host);
    await once(socket, "connect");
    while (!(await stays(sandbox))) await new Promise((resolve) => setTimeout(resolve, 10));
    setup.emulator.clock.advance(600_000);
    socket.write("echo");
    const [data] = await once(socket, "data");
    expect(String(data)).toBe("echoecho");
    socket.destroy();
    await once(socket, "close");
    while ((await sandbox.poll()) === null) setup.emulator.clock.advance(61_000);
  });
});

it("is trusted by a program that has the emulator's environment", async () => {
  const sandbox = await setup.create({ encryptedPorts: [8000] });
  await serve(sandbox, "trusted");
  const url = (await sandbox.tunnels())[8000]?.url ?? "";
  const script = `console.log(await (await fetch(process.argv[1])).text())`;
  const env = { ...process.env, ...setup.emulator.env };
  const node = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script, url], {
    env,
  });
  expect(node.stdout).toBe("trusted\n");
  const program = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())";
  const python = await promisify(execFile)("python3", ["-c", program, url], { env });
  expect(python.stdout).toBe("trusted\n");
});

describe("a sandbox's way out", () => {
  let url: string;
  const server = createHttpServer((request, response) => response.end(`hello ${request.headers.host}`));
  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  const program =
    "import os, urllib.request; print(urllib.request.urlopen(os.environ['HUB']).read().decode())";
  const fetchInside = (sandbox: Sandbox, HUB: string) =>
    run(sandbox, ["/usr/bin/python3", "-c", program], { env: { HUB } });

  it("leads to a server on this machine whose address it was given", async () => {
    const sandbox = await setup.create({ env: { HUB: url } });
    expect((await run(sandbox, ["/usr/bin/python3", "-c", program])).stdout).toBe(
      `hello ${new URL(url).host}\n`,
    );
  });

  it("leads to one that a command names, or that the emulator was told of", async () => {
    const sandbox = await setup.create();
    const named = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())";
    expect((await run(sandbox, ["/usr/bin/python3", "-c", named, url])).stdout).toContain("hello");
    await using told = await start({ hostPorts: [Number(new URL(url).port)] });
    const other = await told.create();
    const [program, port] = [
      "import sys, urllib.request; print(urllib.request.urlopen('http://127.0.0.1:' + sys.argv[1]).read().decode())",
      new URL(url).port,
    ];
    expect((await run(other, ["/usr/bin/python3", "-c", program, port])).stdout).toContain("hello");
  });

  it("leads to any other host through a proxy that programs find by themselves", async () => {
    const other = createHttpServer((_, response) => response.end("other host"));
    other.listen(0, "127.0.0.2");
    await once(other, "listening");
    const sandbox = await setup.create();
    const { port } = other.address() as AddressInfo;
    expect((await fetchInside(sandbox, `http://127.0.0.2:${port}/`)).stdout).toBe("other host\n");
    other.close();
  });

  it("is closed when the network is blocked or the host is not allowed", async () => {
    const blocked = await setup.create({ blockNetwork: true, encryptedPorts: [8000] });
    expect((await fetchInside(blocked, url)).code).toBe(1);
    await serve(blocked, "but tunnels work");
    expect(await (await fetch((await blocked.tunnels())[8000]?.url ?? "")).text()).toBe("but tunnels work");
    const limited = await setup.create({ outboundDomainAllowlist: ["*.example.com"] });
    const other = await fetchInside(limited, "http://other.example.org/");
    expect(other.stderr).toContain("403");
    expect((await fetchInside(limited, url)).code).toBe(1);
    await limited.updateNetworkPolicy({
      outboundCidrAllowlist: ["127.0.0.0/8"],
      outboundDomainAllowlist: [],
    });
    expect((await fetchInside(limited, url)).stdout).toContain("hello");
  });

  it("does not lead to ports of this machine that it was not told of", async () => {
    const secret = createServer(() => {});
    secret.listen(0, "127.0.0.1");
    await once(secret, "listening");
    const sandbox = await setup.create();
    const port = (secret.address() as AddressInfo).port;
    const probe = `import socket; socket.create_connection(('127.0.0.1', ${port}))`;
    expect((await run(sandbox, ["/usr/bin/python3", "-c", probe])).stderr).toContain("refused");
    secret.close();
  });
});

/** Whether the emulator has noticed that the sandbox is in use. */
async function stays(sandbox: Sandbox): Promise<boolean> {
  setup.emulator.clock.advance(0);
  return (await sandbox.poll()) === null;
}

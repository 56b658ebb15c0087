import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { RpcClient } from "@seer/rpc";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Sandbox, ScopedSandbox } from "../src/index.ts";
import { gitIn } from "./support/git.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";
import { useTinyPackage } from "./support/wheels.ts";

useOwnHome();
const config = { executionMode: "cli" as const, egress: false };
const interfaceFile = `
import os, socket

@expose
def predict(text: str) -> str:
    return text.upper()

@expose
def echo(values: list[float]) -> list[float]:
    return values

@expose
def reach(port: int) -> str:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=3).close()
        return "connected"
    except OSError as error:
        return type(error).__name__
`;

// A listening socket of this machine's network can be made to connect: the first process has one.
const stealing = `import ctypes, os
init = os.pidfd_open(1)
descriptors = [fd for fd in range(30) if ctypes.CDLL(None).syscall(438, init, fd, 0) >= 0]
print(descriptors)`;

let folder: string;
beforeAll(async () => {
  await useTinyPackage();
  folder = await temporaryDirectory();
  await writeFile(join(folder, "interface.py"), interfaceFile);
});
afterAll(() => vi.unstubAllEnvs());

async function listen() {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

async function connect(scoped: ScopedSandbox, name = "interface") {
  const served = scoped.served.find((one) => one.name === name);
  return await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
}

describe.runIf(isolations.includes("bubblewrap" as never))("without egress", () => {
  test("code of the sandbox does not run in the supervisor, which gets a socket of this machine's network", async () => {
    await using scoped = await new ScopedSandbox(config).start();
    const note = `import os, sys
open("/tmp/worker" if "/worker/" in " ".join(sys.orig_argv) else "/tmp/supervisor", "w").close()`;
    await scoped.writeFile("/workspace/lib/sitecustomize.py", note);
    const replaced = `
import os, shutil
own = "/opt/seer/python/bin/python"
real = os.path.realpath(own)
os.unlink(own)
with open(own, "w") as file:
    file.write(f'#!/bin/sh\\ncase "$*" in */worker/*) ;; *) touch /tmp/supervisor ;; esac\\nexec {real} "$@"\\n')
os.chmod(own, 0o755)`;
    await scoped.execPython(replaced);
    await scoped.exec("rm -f /tmp/worker /tmp/supervisor");
    await scoped.serve(join(folder, "interface.py"), { exposeAs: "prompt" });
    expect(await scoped.exec("ls -d /tmp/worker /tmp/supervisor 2>&1 || true")).toContain(
      "cannot access '/tmp/supervisor'",
    );
    await using client = await connect(scoped);
    expect(await client.call("predict", ["x"])).toBe("X");
  });

  test("the memory of a supervisor is out of reach from its beginning", async () => {
    await using scoped = await new ScopedSandbox(config).start();
    // Opens the memory of every process that it sees, as often as it can; a worker's is the agent's own.
    const looking = `
import os, time
with open("/tmp/looking", "w"): pass
opened = set()
while not os.path.exists("/tmp/stop"):
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                os.close(os.open(f"/proc/{name}/mem", os.O_RDWR))
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    opened.add(file.read().decode())
            except OSError:
                pass
print([command for command in opened if "seer_host" in command and "/worker/" not in command], len(opened))`;
    const found = scoped.execPython(looking);
    await expect.poll(async () => await scoped.exec("ls /tmp")).toContain("looking");
    await scoped.serve(join(folder, "interface.py"), { exposeAs: "prompt" });
    await scoped.exec("touch /tmp/stop");
    expect(await found).toMatch(/^\[\] [1-9]/);
    await using client = await connect(scoped);
    expect(await client.call("predict", ["x"])).toBe("X");
  });

  test("an interface that another sandbox serves is called, before and after its own start, and nothing else", async () => {
    await using outside = await listen();
    await using scoped = await new ScopedSandbox({ executionMode: "cli" }).start();
    const call = (url: string, token: string) => `
import json, urllib.request
request = urllib.request.Request("${url}/call/predict", data=json.dumps({"text": "hello"}).encode())
request.add_header("authorization", "Bearer ${token}")
request.add_header("content-type", "application/json")
print(urllib.request.urlopen(request, timeout=20).read().decode())`;
    await scoped.serve(join(folder, "interface.py"), { exposeAs: "prompt", name: "before" });
    await using sealed = await new Sandbox(config).start();
    const [before] = scoped.served;
    expect(await sealed.execPython(call(before?.url ?? "", before?.token ?? ""))).toContain("HELLO");
    await scoped.serve(join(folder, "interface.py"), { exposeAs: "prompt", name: "after" });
    const after = scoped.served.find(({ name }) => name === "after");
    const calling = () => sealed.execPython(call(after?.url ?? "", after?.token ?? "")).catch(String);
    await expect.poll(calling).toContain("HELLO");
    await expect(sealed.exec(`exec 3<>/dev/tcp/127.0.0.1/${outside.port}`)).rejects.toThrow();
    expect(outside.connections()).toBe(0);
  });

  test("nothing inside reaches this machine or any other, and its functions are called", async () => {
    await using outside = await listen();
    await using scoped = await new ScopedSandbox(config).start();
    await scoped.serve(join(folder, "interface.py"), { exposeAs: "library" });
    await using client = await connect(scoped);
    expect(await client.call("predict", { text: "hello" })).toBe("HELLO");
    // Larger than any buffer on the way.
    const values = Array.from({ length: 300_000 }, (_, index) => index / 7);
    expect(await client.call("echo", { values })).toEqual(values);
    expect(await Promise.all([1, 2, 3, 4].map((n) => client.call("predict", { text: `n${n}` })))).toEqual(
      [1, 2, 3, 4].map((n) => `N${n}`),
    );

    expect(await client.call("reach", { port: outside.port })).toBe("ConnectionRefusedError");
    // Not even its own served port, as this machine knows it, leads out again.
    const code = `import socket
for address in [("127.0.0.1", ${outside.port}), ("1.1.1.1", 53), ("10.0.0.1", 80)]:
    try:
        socket.create_connection(address, timeout=3)
        print("connected to", address)
    except OSError as error:
        print(error.strerror)
print(sorted(name for _, name in socket.if_nameindex()))`;
    expect(await scoped.execPython(code)).toBe(
      "Connection refused\nNetwork is unreachable\nNetwork is unreachable\n['lo']\n",
    );
    expect(await scoped.execPython(stealing)).toBe("[]\n");
    expect(outside.connections()).toBe(0);
  });

  test("several interfaces, a port of one's own, and another process that takes it up", async () => {
    await using scoped = await new ScopedSandbox(config).start();
    const file = join(folder, "interface.py");
    await using free = await listen();
    await using taken = await listen();
    await free[Symbol.asyncDispose]();
    await scoped.serve(file, { exposeAs: "prompt", name: "one", port: free.port });
    await scoped.serve(file, { exposeAs: "prompt", name: "two" });
    expect(scoped.served[0]?.url).toBe(`http://127.0.0.1:${free.port}`);
    const error = await errorOf(scoped.serve(file, { exposeAs: "prompt", name: "three", port: taken.port }));
    expect(error.code).toBe("environment/port-unavailable");
    expect(error.message).toContain(String(taken.port));
    await using again = await ScopedSandbox.fromId(scoped.sandboxId);
    expect(again.served.map(({ name }) => name).toSorted()).toEqual(["one", "two"]);
    for (const name of ["one", "two"]) {
      await using client = await connect(again, name);
      expect(await client.call("predict", { text: name })).toBe(name.toUpperCase());
    }
    await again.serve(file, { exposeAs: "prompt", name: "four" });
    await using client = await connect(again, "four");
    expect(await client.call("predict", { text: "x" })).toBe("X");
  });

  test("packages, repositories and what they need come in all the same, and secrets do not go with them", async () => {
    vi.stubEnv("SEER_TEST_TOKEN", "sk-DoNotShowThisToAnybody");
    const url = `file://${await repositoryThatLooksAround()}`;
    await using sandbox = await new Sandbox({
      ...config,
      pythonPackages: ["seer-tiny==1.0"],
      repos: [{ url, install: true }],
      secrets: ["SEER_TEST_TOKEN"],
    }).start();
    const code = "import seer_tiny, looked; print(seer_tiny.__version__, looked.interfaces, looked.secret)";
    expect(await sandbox.execPython(code, { cwd: "/" })).toMatch(/^1\.0 \d+ None\n$/);
    expect(await sandbox.execPython("import looked; print(looked.user)", { cwd: "/" })).toBe("/home/seer\n");
    expect(await sandbox.exec("echo $SEER_TEST_TOKEN")).toContain("sk-");
  });

  test("its isolation says so", async () => {
    const progress: string[] = [];
    const options = { onProgress: (line: string) => progress.push(line) };
    await using _sandbox = await new Sandbox(config, options).start();
    expect(progress).toContainEqual(expect.stringMatching(/^Isolation: bubblewrap \(.*; no network\)$/));
  });

  test("Docker would be a way around it", async () => {
    const error = await errorOf(new Sandbox({ ...config, dockerInDocker: true }).start());
    expect(error.code).toBe("environment/unsupported");
  });
});

test("without bubblewrap it is refused", async () => {
  const error = await errorOf(new Sandbox(config, { isolation: "none" }).start());
  expect(error.code).toBe("environment/isolation-unavailable");
  expect(error.message).toContain("`egress: false` needs bubblewrap");
  expect(error.hint).toContain("bubblewrap");
});

/** A repository whose installation writes down what it sees. */
async function repositoryThatLooksAround(): Promise<string> {
  const directory = join(await temporaryDirectory(), "looking");
  await mkdir(directory);
  await writeFile(
    join(directory, "pyproject.toml"),
    '[project]\nname = "looked"\nversion = "1.0"\n\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
  );
  await writeFile(
    join(directory, "backend.py"),
    `import os, socket, zipfile

def build_editable(directory, config_settings=None, metadata_directory=None):
    name = "looked-1.0-py3-none-any.whl"
    seen = f"""interfaces = {len(socket.if_nameindex())}
secret = {os.environ.get("SEER_TEST_TOKEN")!r}
user = {os.environ["HOME"]!r}
"""
    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
        wheel.writestr("looked.py", seen)
        wheel.writestr("looked-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: looked\\nVersion: 1.0\\n")
        wheel.writestr("looked-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("looked-1.0.dist-info/RECORD", "")
    return name

build_wheel = build_editable
`,
  );
  const git = gitIn(directory);
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "first");
  return directory;
}

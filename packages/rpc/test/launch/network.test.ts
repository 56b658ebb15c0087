import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  connectNetwork,
  findIsolation,
  type HostIsolation,
  hostsFile,
  launchHost,
  type NetworkAccess,
  registerServedPort,
} from "../../src/launch/index.ts";

const isolation = await findIsolation();
const canHaveNetwork =
  isolation.kind === "bubblewrap" && !isolation.lacks?.some(({ wall }) => wall === "network");
const ownAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

let directory: string;
let file: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "seer-network-"));
  file = join(directory, "interface.py");
  await writeFile(
    file,
    `
import os, signal, socket, urllib.request

@expose
def fetch(url: str) -> str:
    "Fetches a URL."
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read().decode()

@expose
def connect(address: str, port: int) -> str:
    "Connects, and says how that ended."
    try:
        socket.create_connection((address, port), timeout=5).close()
        return "connected"
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)

@expose
def abstract(name: str) -> str:
    "Connects to an abstract Unix socket."
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect("\\0" + name)
        return "connected"
    except OSError as error:
        return os.strerror(error.errno)

@expose
def look_into_parent() -> list[str]:
    "Tries to take what the supervisor has open."
    answers = []
    for path in ("fd/3", "mem", "environ"):
        try:
            target = f"/proc/{os.getppid()}/{path}"
            os.readlink(target) if path == "fd/3" else open(target, "rb").read(1)
            answers.append(f"{path}: allowed")
        except OSError as error:
            answers.append(f"{path}: {os.strerror(error.errno)}")
    return answers
`,
  );
});
afterAll(() => rm(directory, { recursive: true }));

async function launch(network?: NetworkAccess) {
  const options: HostIsolation = { ...isolation, network };
  const host = await launchHost({ file, isolation: options });
  onTestFinished(() => host.close());
  const client = await host.client();
  onTestFinished(() => client.close());
  await client.describe();
  return { host, client };
}

async function childrenOf(pid: number): Promise<string[]> {
  return (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).split(" ").filter(Boolean);
}

/** The programs that connect the network namespace of one of these processes. */
async function connectorsOf(pids: readonly string[]): Promise<string[]> {
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    processes.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return commands.filter((command) => {
    const words = command.split("\0");
    const program = words.findIndex((word) => word.endsWith("seer_network/__main__.py"));
    return program >= 0 && pids.includes(words[program + 1] ?? "");
  });
}

async function serveOn(address: string): Promise<number> {
  const server = createServer((_, response) => response.end("hello from outside"));
  server.listen(0, address);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe.skipIf(!canHaveNetwork)("a host in a network of its own", () => {
  test("is called as always, and reaches no service of this machine", async () => {
    const port = await serveOn("0.0.0.0");
    const { client } = await launch();
    for (const address of ["127.0.0.1", "10.0.2.2", ...(ownAddress === undefined ? [] : [ownAddress])]) {
      expect([address, await client.call("connect", { address, port })]).not.toEqual([address, "connected"]);
    }
  });

  test("reaches no abstract Unix socket of this machine", async () => {
    const name = `seer-test-${process.pid}-${Date.now()}`;
    const server = createTcpServer().listen(`\0${name}`);
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { client } = await launch();
    expect(await client.call("abstract", { name })).toBe("Connection refused");
  });

  test("reaches ports that it is given, and interfaces that are served before and after its start", async () => {
    const given = await serveOn("127.0.0.1");
    const before = await serveOn("127.0.0.1");
    const after = await serveOn("127.0.0.1");
    using _before = registerServedPort(before);
    const { client } = await launch({ internet: false, ports: [given] });
    const fetched = async (port: number) => await client.call("fetch", { url: `http://127.0.0.1:${port}` });
    expect(await fetched(given)).toBe("hello from outside");
    expect(await fetched(before)).toBe("hello from outside");
    await expect(fetched(after)).rejects.toThrow(/refused/);
    using _after = registerServedPort(after);
    await expect.poll(() => fetched(after).catch(String)).toBe("hello from outside");
  });

  test("no longer reaches interfaces that are not served any more, but what it was given", async () => {
    const [given, registered, twice] = [
      await serveOn("127.0.0.1"),
      await serveOn("127.0.0.1"),
      await serveOn("127.0.0.1"),
    ];
    const registrations = [given, registered, twice, twice].map(registerServedPort);
    const { client } = await launch({ internet: false, ports: [given] });
    const fetched = async (port: number) =>
      await client.call("fetch", { url: `http://127.0.0.1:${port}` }).catch(String);
    for (const port of [given, registered, twice]) expect(await fetched(port)).toBe("hello from outside");
    // All but one of those for `twice`; disposing again changes nothing.
    for (const registration of registrations.slice(0, 3)) registration[Symbol.dispose]();
    registrations[2]?.[Symbol.dispose]();
    await expect.poll(() => fetched(registered), { timeout: 30_000 }).toMatch(/refused/);
    expect(await fetched(given)).toBe("hello from outside");
    expect(await fetched(twice)).toBe("hello from outside");
    registrations[3]?.[Symbol.dispose]();
    await expect.poll(() => fetched(twice), { timeout: 30_000 }).toMatch(/refused/);
  });

  test("reaches many ports at once with one program for all of them", async () => {
    const ports = await Promise.all(Array.from({ length: 30 }, () => serveOn("127.0.0.1")));
    const { host, client } = await launch({ internet: false, ports: [] });
    const registrations = ports.map(registerServedPort);
    onTestFinished(() => {
      for (const registration of registrations) registration[Symbol.dispose]();
    });
    const fetched = async (port: number) =>
      await client.call("fetch", { url: `http://127.0.0.1:${port}` }).catch(String);
    for (const port of ports) {
      await expect.poll(() => fetched(port), { timeout: 30_000 }).toBe("hello from outside");
    }
    const inside = await childrenOf(host.pid);
    expect(await connectorsOf(inside)).toHaveLength(1);
    await host.close();
    await expect.poll(() => connectorsOf(inside), { timeout: 30_000 }).toEqual([]);
  });

  test("says why its network cannot be made", async () => {
    const ended = Promise.resolve();
    await expect(
      connectNetwork(2 ** 22 - 1, { internet: false, ports: [] }, { python: "python3", ended }),
    ).rejects.toThrow(/A separate network cannot be set up: .*No such process/);
    await expect(
      connectNetwork(process.pid, { internet: false, ports: [] }, { python: "/no/such/python", ended }),
    ).rejects.toThrow(/ENOENT/);
    await expect(
      connectNetwork(process.pid, { internet: false, ports: [] }, { python: "false", ended }),
    ).rejects.toThrow(/ended without output/);
  });

  test("does not reach the internet when it may not", async () => {
    const { client } = await launch({ internet: false, ports: [] });
    expect(await client.call("connect", { address: "192.0.2.1", port: 80 })).toBe("Network is unreachable");
  });

  test("reaches the hosts that it may on their ports, and nothing else", async () => {
    const [port, other] = [await serveOn("127.0.0.2"), await serveOn("127.0.0.2")];
    const internet = [
      { host: "127.0.0.2", ports: [port] },
      { host: "198.51.100.7", ports: [80] },
    ];
    const { client } = await launch({ internet, ports: [] });
    const url = `http://127.0.0.2:${port}`;
    expect(await client.call("fetch", { url })).toBe("hello from outside");
    const outcomes: [address: string, port: number, outcome: string][] = [
      ["127.0.0.2", other, "Connection refused"],
      ["198.51.100.7", 81, "Connection refused"],
      ["198.51.100.8", 80, "Network is unreachable"],
      ["169.254.169.254", 80, "No route to host"],
    ];
    for (const [address, at, outcome] of outcomes)
      expect([address, await client.call("connect", { address, port: at })]).toEqual([address, outcome]);
  });

  test("finds its hosts by name at addresses of its own", () => {
    const ports = [443];
    const hosts = ["a.example", "127.1.0.1", "192.0.2.7", "b.example"].map((host) => ({ host, ports }));
    expect(hostsFile(hosts)).toBe("127.0.0.1 localhost\n127.1.0.2 a.example\n127.1.0.3 b.example\n");
  });

  test("its functions cannot take the socket that it listens on", async () => {
    const { client } = await launch();
    expect(await client.call("look_into_parent", {})).toEqual([
      "fd/3: Permission denied",
      "mem: Permission denied",
      "environ: Permission denied",
    ]);
  });
});

import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { parseSandboxConfig } from "@seer/config";
import { RpcClient } from "@seer/rpc";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildPlan, describePlan, Sandbox, ScopedSandbox } from "../src/index.ts";
import { gitIn } from "./support/git.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";

useOwnHome();
const executionMode = "cli" as const;
const interfaceFile = `
@expose
def predict(text: str) -> str:
    return text.upper()
`;
// Prints what a program gets from each URL, with no settings of its own.
const fetching = `import sys, urllib.request
for url in sys.argv[1:]:
    try:
        print(urllib.request.urlopen(url, timeout=20).read().decode())
    except Exception as error:
        print(getattr(error, "reason", error))`;
const ownName = hostname().toLowerCase();
const hasName = await lookup(ownName, { family: 4 }).then(
  () => true,
  () => false,
);

let folder: string;
beforeAll(async () => {
  folder = await temporaryDirectory();
  await writeFile(join(folder, "interface.py"), interfaceFile);
});

/** A server on this machine that counts its requests. */
async function serveOn(address: string) {
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    response.end(`hello from ${address}`);
  }).listen(0, address);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, requests: () => requests };
}

async function fetchIn(sandbox: Sandbox | ScopedSandbox, ...urls: string[]): Promise<string[]> {
  const answers = await sandbox.exec(`python3 -c '${fetching}' ${urls.join(" ")}`);
  return answers.trimEnd().split("\n");
}

describe.runIf(isolations.includes("bubblewrap" as never))("with a list of hosts", () => {
  test("programs reach the listed hosts and ports, and nothing else", async () => {
    const [byName, byAddress, elsewhere, other] = [
      await serveOn("127.0.0.1"),
      await serveOn("127.0.0.1"),
      await serveOn("127.0.0.2"),
      await serveOn("127.0.0.2"),
    ];
    const allow = [`localhost:${byName.port}`, `127.0.0.1:${byAddress.port}`, `127.0.0.2:${elsewhere.port}`];
    await using sandbox = await new Sandbox({
      executionMode,
      egress: { allow: [...allow, ...allow] },
    }).start();
    const urls = (entries: string[]) => entries.map((entry) => `http://${entry}/`);
    expect(await fetchIn(sandbox, ...urls(allow))).toEqual([
      "hello from 127.0.0.1",
      "hello from 127.0.0.1",
      "hello from 127.0.0.2",
    ]);
    const denied = [`127.0.0.2:${other.port}`, "192.0.2.7", "example.com", "10.0.0.1"];
    const [refused, ...unreachable] = await fetchIn(sandbox, ...urls(denied));
    expect(refused).toContain("Connection refused");
    for (const answer of unreachable)
      expect(answer).toMatch(/Network is unreachable|name resolution|Name or service not known/);
    expect(other.requests()).toBe(0);
  });

  test.runIf(hasName)("a listed name does not lead to this machine", async () => {
    const { port, requests } = await serveOn("0.0.0.0");
    await using sandbox = await new Sandbox({
      executionMode,
      egress: { allow: [`${ownName}:${port}`] },
    }).start();
    expect(await sandbox.exec("cat /etc/hosts")).toBe(`127.0.0.1 localhost\n127.1.0.1 ${ownName}\n`);
    const [answer] = await fetchIn(sandbox, `http://${ownName}:${port}/`);
    expect(answer).toContain("Connection reset");
    expect(requests()).toBe(0);
  });

  test("code in the sandbox cannot extend the list", async () => {
    const { port, requests } = await serveOn("127.0.0.1");
    await using sandbox = await new Sandbox({ executionMode, egress: { allow: ["192.0.2.7"] } }).start();
    for (const command of [
      "echo 127.0.0.1 more.example >> /etc/hosts",
      "mv /etc/hosts /etc/before",
      "ip route add local 192.0.2.8 dev lo",
    ])
      await expect(sandbox.exec(command)).rejects.toThrow();
    // Its own loopback is its own, so that a name for it would lead nowhere else.
    const [answer] = await fetchIn(sandbox, `http://127.0.0.1:${port}/`);
    expect(answer).toContain("Connection refused");
    expect(requests()).toBe(0);
  });

  test("interfaces are called, in this and later processes, and after a start from a snapshot", async () => {
    const { port } = await serveOn("127.0.0.1");
    const allowed = `http://127.0.0.1:${port}/`;
    const egress = { allow: [`127.0.0.1:${port}`] };
    await using scoped = await new ScopedSandbox({ executionMode, egress }).start();
    await scoped.serve(join(folder, "interface.py"), { exposeAs: "prompt" });
    await using again = await ScopedSandbox.fromId(scoped.sandboxId);
    const [served] = again.served;
    await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
    expect(await client.call("predict", ["x"])).toBe("X");
    const snapshot = await scoped.snapshot();
    await using restored = await ScopedSandbox.fromSnapshot(snapshot);
    for (const sandbox of [again, restored]) {
      const [reached, unreachable] = await fetchIn(sandbox, allowed, "http://10.0.0.1/");
      expect([reached, unreachable]).toEqual([
        "hello from 127.0.0.1",
        expect.stringContaining("Network is unreachable"),
      ]);
    }
  });

  test("repositories are installed with the whole network, and with this machine's names", async () => {
    const directory = join(await temporaryDirectory(), "looking");
    await mkdir(directory);
    await writeFile(join(directory, "README.md"), "");
    const git = gitIn(directory);
    await git("init", "--quiet");
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "first");
    await using sandbox = await new Sandbox({
      executionMode,
      egress: { allow: ["huggingface.co"] },
      repos: [{ url: `file://${directory}`, install: "cp /etc/hosts hosts" }],
    }).start();
    expect(await sandbox.exec("cat looking/hosts")).not.toContain("huggingface.co");
    expect(await sandbox.exec("cat /etc/hosts")).toContain("127.1.0.1 huggingface.co\n");
  });

  test("its isolation and its plan say so", async () => {
    const egress = { allow: ["huggingface.co", "192.0.2.7:8443"] };
    const progress: string[] = [];
    const options = { onProgress: (line: string) => progress.push(line) };
    await using _sandbox = await new Sandbox({ executionMode, egress }, options).start();
    expect(progress).toContainEqual(
      expect.stringMatching(/^Isolation: .*connections to huggingface\.co, 192\.0\.2\.7:8443 only\)$/),
    );
    expect(describePlan(buildPlan(parseSandboxConfig({ egress })))).toContain(
      "Instance, with connections to huggingface.co, 192.0.2.7:8443 only",
    );
  });

  test("Docker would be a way around it", async () => {
    const egress = { allow: ["huggingface.co"] };
    const error = await errorOf(new Sandbox({ executionMode, egress, dockerInDocker: true }).start());
    expect(error.code).toBe("environment/unsupported");
    expect(error.message).toContain("`egress: { allow }` and Docker");
  });
});

test("without bubblewrap it is refused", async () => {
  const egress = { allow: ["huggingface.co"] };
  const error = await errorOf(new Sandbox({ executionMode, egress }, { isolation: "none" }).start());
  expect(error.code).toBe("environment/isolation-unavailable");
  expect(error.message).toContain("`egress: { allow }` needs bubblewrap");
});

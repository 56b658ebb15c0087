import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { RpcClient } from "@seer/rpc";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Sandbox, ScopedSandbox } from "../../src/index.ts";
import { type GitServer, serveGit } from "../support/git-server.ts";
import { errorOf, temporaryDirectory, useOwnHome } from "../support/home.ts";
import { startModal } from "../support/modal-session.ts";

useOwnHome();
const config = { backend: "modal", executionMode: "cli" } as const;
const fixture = join(import.meta.dirname, "..", "fixtures", "interface", "interface.py");
let emulator: ModalEmulator;
let git: GitServer;
let host: string;
let commit: string;

describe.skipIf((await emulationObstacle()) !== undefined)(
  "the image and volumes of a sandbox on Modal",
  () => {
    beforeAll(async () => {
      git = await serveGit(await temporaryDirectory(), "token:secret");
      ({ commit } = git);
      host = `127.0.0.1:${git.port}`;
      ({ emulator } = await startModal({ hostPorts: [git.port] }));
      emulator.trustTunnels();
    });
    afterAll(() => git[Symbol.asyncDispose]());

    test("a repository, whose token stays out of it", async () => {
      const lines: string[] = [];
      await using sandbox = await new Sandbox(
        { ...config, repos: [{ url: `http://token:secret@${host}/circuits.git`, ref: "v1", install: true }] },
        { onProgress: (line) => lines.push(line) },
      ).start();
      expect(sandbox.repoHandles).toMatchObject([
        { url: `http://${host}/circuits.git`, commit, path: "/workspace/circuits", installed: true },
      ]);
      expect(await sandbox.execPython("import circuits; print(circuits.version)")).toBe("first\n");
      expect(await sandbox.exec("git -C circuits remote get-url origin; ls -A")).toBe(
        `http://${host}/circuits.git\ncircuits\n`,
      );
      expect(await sandbox.exec("grep -r token:secret circuits || echo nowhere")).toBe("nowhere\n");
      expect(lines.join("\n")).not.toContain("secret");
      expect(git.commandLines.join("\n")).toMatch(/git.* http:/);
      expect(git.commandLines.filter((line) => line.includes("secret"))).toEqual([]);
    });

    test("a repository that is not there is an error in git's words", async () => {
      const missing = (url: string, ref?: string) =>
        errorOf(new Sandbox({ ...config, repos: [{ url, ...(ref === undefined ? {} : { ref }) }] }).start());
      const private_ = await missing(`http://token:wrong@${host}/circuits.git`);
      expect(private_).toMatchObject({ code: "environment/repo-failed" });
      expect(private_.message).not.toContain("wrong");
      const noRef = await missing(`http://token:secret@${host}/circuits.git`, "v9");
      expect(noRef.message).toMatch(/has no v9:\n.*v9/);
      expect(emulator.sandboxes().every(({ state }) => state === "finished")).toBe(true);
    });

    test("no network, when it is to have none, but ports that are reached", async () => {
      const fetches = `import urllib.request; urllib.request.urlopen("http://${host}/")`;
      const reaches = async (sandbox: Sandbox) => {
        const before = git.asked.length;
        await sandbox.run(["/opt/seer/python/bin/python", "-c", fetches]);
        return git.asked.length > before;
      };
      await using open = await new Sandbox(config).start();
      expect(await reaches(open)).toBe(true);
      await using scoped = await new ScopedSandbox({ ...config, egress: false }).start();
      expect(await reaches(scoped)).toBe(false);
      await scoped.serve(fixture, { exposeAs: "prompt" });
      const [served] = scoped.served;
      await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
      expect(await client.call("predict", { text: "zero" })).toMatchObject({ text: "zero one" });
    });

    test("only listed hosts, during the start or after a repository came", async () => {
      const page = createServer((_, response) => response.end("listed"));
      page.listen(0, "127.0.0.2");
      await once(page, "listening");
      onTestFinished(() => void page.close());
      const name = hostname().toLowerCase();
      // The emulator's proxy answers 502 where a host is allowed but does not answer, and 403 where it is not allowed.
      const urls = [
        `http://127.0.0.2:${(page.address() as AddressInfo).port}`,
        `http://${name}:1`,
        "http://127.0.0.3",
        "http://other.example",
      ];
      const code = `
import sys, urllib.request
for url in ${JSON.stringify(urls)}:
    try:
        print(urllib.request.urlopen(url).read().decode())
    except urllib.error.HTTPError as error:
        print(error.code)`;
      const egress = { allow: [`${name}:443`, "127.0.0.2"] };
      const repos = [{ url: `http://token:secret@${host}/circuits.git` }];
      await using early = await new Sandbox({ ...config, egress }).start();
      await using late = await new Sandbox({ ...config, egress, repos }).start();
      for (const sandbox of [early, late])
        expect(await sandbox.execPython(code)).toBe("listed\n502\n403\n403\n");
    });

    test.each(["api.example.com:8443", "example.com:80", "192.0.2.7:443"])(
      "no host with a port like %s",
      async (entry) => {
        const allow = ["example.com", "192.0.2.7", "example.com:443", entry];
        const error = await errorOf(new Sandbox({ ...config, egress: { allow } }).start());
        expect(error.code).toBe("environment/unsupported");
        expect(error.message).toContain(`\`egress\` allows ${entry}, but`);
      },
    );

    test("no network after a repository came through it", async () => {
      await using sandbox = await new Sandbox({
        ...config,
        egress: false,
        repos: [{ url: `http://token:secret@${host}/circuits.git` }],
      }).start();
      const before = git.asked.length;
      expect((await sandbox.run("git -C circuits fetch")).exitCode).not.toBe(0);
      expect(git.asked.length).toBe(before);
      expect(await sandbox.exec("cat circuits/circuits.py")).toContain("second");
    });
  },
);

import { execFile } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { RpcClient } from "@seer/rpc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Sandbox, ScopedSandbox } from "../../src/index.ts";
import { gitIn } from "../support/git.ts";
import { errorOf, temporaryDirectory, useOwnHome } from "../support/home.ts";
import { startModal } from "../support/modal-session.ts";

useOwnHome();
const config = { backend: "modal", executionMode: "cli" } as const;
const fixture = join(import.meta.dirname, "..", "fixtures", "interface", "interface.py");
let emulator: ModalEmulator;
let server: Server;
let host: string;
let commit: string;
const asked: string[] = [];

describe.skipIf((await emulationObstacle()) !== undefined)(
  "what a sandbox on Modal is furnished with",
  () => {
    beforeAll(async () => {
      const folder = await temporaryDirectory();
      commit = await makeRepository(folder);
      // Git's older protocol asks for nothing but files. The repository is for those who know its token.
      server = createServer(async ({ url = "", headers }, response) => {
        asked.push(url);
        const path = join(folder, new URL(url, "http://localhost").pathname);
        const isAllowed = headers.authorization === `Basic ${Buffer.from("token:secret").toString("base64")}`;
        const body = isAllowed ? await readFile(path).catch(() => undefined) : undefined;
        response.writeHead(isAllowed ? (body === undefined ? 404 : 200) : 401, {
          "WWW-Authenticate": "Basic",
        });
        response.end(body);
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      host = `127.0.0.1:${port}`;
      ({ emulator } = await startModal({ hostPorts: [port] }));
      emulator.trustTunnels();
    });
    afterAll(() => void server.close());

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
        const before = asked.length;
        await sandbox.run(["/opt/seer/python/bin/python", "-c", fetches]);
        return asked.length > before;
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

    test("no network after a repository came through it", async () => {
      await using sandbox = await new Sandbox({
        ...config,
        egress: false,
        repos: [{ url: `http://token:secret@${host}/circuits.git` }],
      }).start();
      const before = asked.length;
      expect((await sandbox.run("git -C circuits fetch")).exitCode).not.toBe(0);
      expect(asked.length).toBe(before);
      expect(await sandbox.exec("cat circuits/circuits.py")).toContain("second");
    });
  },
);

/** Two commits, the first of which is v1, as a server of plain files can offer them. */
async function makeRepository(folder: string): Promise<string> {
  const work = join(folder, "work");
  const git = gitIn(work);
  await mkdir(work);
  await git("init", "--quiet", "--initial-branch=main");
  await writeFile(
    join(work, "pyproject.toml"),
    '[project]\nname = "circuits"\nversion = "1.0"\n\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
  );
  await copyFile(join(import.meta.dirname, "..", "fixtures", "build_backend.py"), join(work, "backend.py"));
  const save = async (text: string) => {
    await writeFile(join(work, "circuits.py"), `version = ${JSON.stringify(text)}\n`);
    await git("add", "--all");
    await git("commit", "--quiet", "--message", text);
    return await git("rev-parse", "HEAD");
  };
  const first = await save("first");
  await git("tag", "v1");
  await save("second");
  await git("clone", "--quiet", "--bare", work, join(folder, "circuits.git"));
  await promisify(execFile)("git", ["-C", join(folder, "circuits.git"), "update-server-info"]);
  return first;
}

import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sandbox } from "../../src/index.ts";
import { gitIn } from "../support/git.ts";
import { errorOf, temporaryDirectory, useOwnHome } from "../support/home.ts";
import { startModal } from "../support/modal-session.ts";

useOwnHome();
let emulator: ModalEmulator;
let server: Server;
let url: string;
let commit: string;

// No engine can run in an emulated sandbox; these write down how they are called.
const dockerd = `#!/bin/sh
[ -z "$SEER_TEST_BROKEN" ] || { echo "failed to mount cgroups" >&2; exit 3; }
echo "dockerd $*, with $(cat /etc/docker/daemon.json)"
sleep 0.3
touch /run/answers
exec sleep 1000
`;
const docker = `#!/bin/sh
[ -e /run/answers ] || { echo "Cannot connect to the Docker daemon" >&2; exit 1; }
echo "docker $*" >> /run/docker.log
if [ "$1" = build ]; then for last; do :; done; echo "Step 1/1 : $(cat "$last/docker/Dockerfile")"; fi
`;

describe.skipIf((await emulationObstacle()) !== undefined)("Docker in a sandbox on Modal", () => {
  beforeAll(async () => {
    const programs = await temporaryDirectory();
    await writeFile(join(programs, "dockerd"), dockerd, { mode: 0o755 });
    await writeFile(join(programs, "docker"), docker, { mode: 0o755 });
    ({ server, url, commit } = await serveRepository());
    ({ emulator } = await startModal({
      systemPackages: ["docker.io", "docker-cli", "iptables"],
      programs: { "docker.io": programs },
      hostPorts: [Number(new URL(url).port)],
    }));
  });
  afterAll(() => server.close());

  it("runs an engine of its own, with which a repository's image is built", async () => {
    const lines: string[] = [];
    await using sandbox = await new Sandbox(
      { backend: "modal", executionMode: "cli", repos: [{ url, dockerfile: "docker/Dockerfile" }] },
      { onProgress: (line) => lines.push(line) },
    ).start();
    const definition = emulator.sandboxes().at(-1)?.definition;
    expect(definition?.experimentalOptions).toMatchObject({ enable_docker: "true" });
    expect(await sandbox.exec("cat /opt/seer/logs/docker.log")).toBe(
      'dockerd , with {"bridge":"none","ip6tables":false,"iptables":false}\n',
    );
    const tag = `seer/tool:${commit.slice(0, 12)}`;
    const { path } = sandbox.repoHandles[0] ?? { path: "" };
    expect(sandbox.repoHandles).toMatchObject([{ commit, image: tag }]);
    const calls = (await sandbox.exec("cat /run/docker.log")).split("\n");
    expect(calls).toContain(
      `docker build --network host --tag ${tag} --file ${path}/docker/Dockerfile ${path}`,
    );
    expect(lines).toContain("  Step 1/1 : FROM scratch");
    // It is nobody's command any more, so it lives as long as the sandbox.
    expect(await sandbox.exec("pgrep -fc '[s]leep 1000'")).toBe("1\n");
  });

  it("says why its engine did not start", async () => {
    const error = await errorOf(
      new Sandbox({
        backend: "modal",
        executionMode: "cli",
        dockerInDocker: true,
        env: { SEER_TEST_BROKEN: "1" },
      }).start(),
    );
    expect(error.code).toBe("environment/start-failed");
    expect(error.message).toContain("Docker ended with exit code 3 in the sandbox:\nfailed to mount cgroups");
    expect(emulator.sandboxes().filter(({ state }) => state !== "finished")).toEqual([]);
  });
});

/** A repository that a sandbox can clone, as plain files. */
async function serveRepository() {
  const directory = await temporaryDirectory();
  const work = join(directory, "work");
  const git = gitIn(work);
  await promisify(execFile)("git", ["init", "--quiet", "--initial-branch=main", work]);
  await mkdir(join(work, "docker"));
  await writeFile(join(work, "docker", "Dockerfile"), "FROM scratch\n");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "one");
  await promisify(execFile)("git", ["clone", "--quiet", "--bare", work, join(directory, "tool.git")]);
  await promisify(execFile)("git", ["-C", join(directory, "tool.git"), "update-server-info"]);
  const started = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://files");
    const content = await readFile(join(directory, pathname)).catch(() => undefined);
    response.writeHead(content === undefined ? 404 : 200).end(content);
  }).listen(0, "127.0.0.1");
  await once(started, "listening");
  const { port } = started.address() as AddressInfo;
  return {
    server: started,
    url: `http://127.0.0.1:${port}/tool.git`,
    commit: (await git("rev-parse", "HEAD")).trim(),
  };
}

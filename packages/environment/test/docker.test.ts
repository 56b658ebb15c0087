import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Sandbox } from "../src/index.ts";
import { dockerStub } from "./support/docker-stub.ts";
import { gitIn } from "./support/git.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";

useOwnHome();
let stub: { directory: string; host: string };
let repository: string;
let commit: string;

beforeAll(async () => {
  stub = await dockerStub();
  repository = join(await temporaryDirectory(), "My.Tool");
  const git = gitIn(repository);
  await promisify(execFile)("git", ["init", "--quiet", repository]);
  await writeFile(join(repository, "Dockerfile"), "FROM scratch\n");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "one");
  commit = await git("rev-parse", "HEAD");
});
afterEach(() => vi.unstubAllEnvs());

function useStub(): void {
  vi.stubEnv("PATH", [stub.directory, process.env.PATH].join(delimiter));
  vi.stubEnv("DOCKER_HOST", stub.host);
}

describe.each(isolations)("with isolation %s", (isolation) => {
  it("a sandbox uses this machine's engine, reports it, and builds a repository's image", async () => {
    useStub();
    const lines: string[] = [];
    const config = {
      executionMode: "cli" as const,
      repos: [{ url: `file://${repository}`, dockerfile: "Dockerfile" }],
    };
    await using sandbox = await new Sandbox(config, {
      isolation,
      onProgress: (line) => lines.push(line),
    }).start();
    const tag = `seer/my-tool:${commit.slice(0, 12)}`;
    expect(sandbox.repoHandles).toMatchObject([{ commit, image: tag }]);
    const path = sandbox.repoHandles[0]?.path ?? "";
    expect(await sandbox.exec("cat ~/docker.log")).toBe(
      `build --tag ${tag} --file ${path}/Dockerfile ${path}\n`,
    );
    expect(await sandbox.exec("docker version")).toBe("27.1.1\n");
    expect(lines.join("\n")).toMatch(
      /Docker: using this machine's engine \(docker 27\.1\.1\): containers are outside/,
    );
    expect(lines).toContain(`Building the image ${tag} from Dockerfile of file://${repository}`);
    expect(lines).toContain("  Step 1/1 : FROM scratch");
  });
});

it("a Dockerfile that does not build fails the start with the engine's message", async () => {
  useStub();
  const config = {
    executionMode: "cli" as const,
    repos: [{ url: `file://${repository}`, dockerfile: "Dockerfile" }],
  };
  await writeFile(join(repository, "Dockerfile"), "nothing\n");
  await gitIn(repository)("commit", "-qam", "two");
  const error = await errorOf(new Sandbox(config).start());
  expect(error.code).toBe("environment/repo-failed");
  expect(error.message).toMatch(/cannot be built from Dockerfile:\n[\s\S]*nothing/);
});

it("without a working engine, the error has instructions", async () => {
  vi.stubEnv("PATH", "/nowhere");
  const none = await errorOf(new Sandbox({ dockerInDocker: true }, { isolation: "none" }).start());
  expect(none).toMatchObject({ code: "environment/system-packages-missing" });
  expect(none.message).toContain("need Docker, which is not installed on this machine");
  vi.unstubAllEnvs();
  useStub();
  vi.stubEnv("DOCKER_HOST", "unix:///nowhere/docker.sock");
  const dead = await errorOf(new Sandbox({ dockerInDocker: true }).start());
  expect(dead).toMatchObject({ code: "environment/system-packages-missing" });
  expect(dead.message).toContain("Cannot connect to the Docker daemon at unix:///nowhere/docker.sock");
  expect(dead.hint).toContain("sudo systemctl start docker");
});

it("`egress: false` is rejected together with Docker", async () => {
  useStub();
  const error = await errorOf(new Sandbox({ dockerInDocker: true, egress: false }).start());
  expect(error).toMatchObject({ code: "environment/unsupported" });
});

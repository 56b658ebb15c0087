import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { HubEmulator } from "@seer/hub-emulator";
import { findPython } from "@seer/rpc/launch";
import { afterAll } from "vitest";
import { gitIn } from "../support/git.ts";
import { temporaryDirectory } from "../support/home.ts";

const run = promisify(execFile);
const fixtures = join(import.meta.dirname, "..", "fixtures");

/** All that sandboxes are made of here: files, weights, packages and repositories, on disk or on loopback. */
export interface World {
  readonly folder: string;
  /** Of the server that has the packages and repositories. */
  readonly port: number;
  /** Something on it that everybody can read. */
  readonly page: string;
  readonly pythonVersion: string;
  readonly wheel: string;
  readonly laterWheel: string;
  readonly repository: { readonly url: string; readonly commit: string };
  readonly weights: Buffer;
}

export async function makeWorld(hub: HubEmulator): Promise<World> {
  const folder = await temporaryDirectory();
  const served = join(folder, "served");
  const weights = randomBytes(50_000);
  const { executable } = await findPython();
  await mkdir(join(folder, "data", "nested"), { recursive: true });
  await writeFile(join(folder, "notes.txt"), "notes");
  await writeFile(join(folder, "half.txt"), "21");
  await writeFile(join(folder, "data", "nested", "numbers.txt"), "1 2 3");
  await mkdir(join(folder, "tiny"));
  await writeFile(join(folder, "tiny", "model.safetensors"), weights);
  await mkdir(join(folder, "linking"));
  await symlink("../notes.txt", join(folder, "linking", "link"));
  await mkdir(served);
  for (const name of ["seer_tiny", "seer_later"]) {
    await run(executable, [join(fixtures, "make_wheel.py"), served, name, "1.0"]);
  }
  const commit = await makeRepository(folder, served);
  await addModels(hub, weights);
  const port = await serve(served);
  const version = "import sys; print('%d.%d' % sys.version_info[:2])";
  return {
    folder,
    port,
    page: `http://127.0.0.1:${port}/circuits.git/HEAD`,
    pythonVersion: (await run(executable, ["-c", version])).stdout.trim(),
    wheel: `seer-tiny @ http://127.0.0.1:${port}/seer_tiny-1.0-py3-none-any.whl`,
    laterWheel: `seer-later @ http://127.0.0.1:${port}/seer_later-1.0-py3-none-any.whl`,
    repository: { url: `http://127.0.0.1:${port}/circuits.git`, commit },
    weights,
  };
}

async function addModels(hub: HubEmulator, weights: Buffer): Promise<void> {
  const files = { "config.json": '{"_name_or_path": "lab/gemma"}', "model.safetensors": weights };
  const model = await hub.addRepo("lab/gemma", files);
  model.tag("v1");
  await model.commit({ ...files, "config.json": '{"changed": true}' });
  await hub.addRepo("lab/secret-adapter", {
    "adapter_config.json": '{"base_model_name_or_path": "lab/gemma", "peft_type": "LORA"}',
    "adapter_model.safetensors": weights.subarray(0, 1000),
  });
}

/** Two commits, the first of which is v1; it can be installed, and has a Dockerfile. */
async function makeRepository(folder: string, served: string): Promise<string> {
  const work = join(folder, "circuits");
  const git = gitIn(work);
  await run("git", ["init", "--quiet", "--initial-branch=main", work]);
  await copyFile(join(fixtures, "build_backend.py"), join(work, "backend.py"));
  await writeFile(join(work, "Dockerfile"), "FROM scratch\n");
  await writeFile(
    join(work, "pyproject.toml"),
    '[project]\nname = "circuits"\nversion = "1.0"\n\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
  );
  const commits: string[] = [];
  for (const text of ["first", "second"]) {
    await writeFile(join(work, "circuits.py"), `version = "${text}"\n`);
    await git("add", "--all");
    await git("commit", "--quiet", "--message", text);
    commits.push(await git("rev-parse", "HEAD"));
  }
  await git("tag", "v1", "HEAD~1");
  const bare = join(served, "circuits.git");
  await git("clone", "--quiet", "--bare", work, bare);
  // Git's older protocol asks for nothing but files.
  await run("git", ["-C", bare, "update-server-info"]);
  return commits[0] ?? "";
}

async function serve(directory: string): Promise<number> {
  const server = createServer(async ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://files");
    const content = await readFile(join(directory, pathname)).catch(() => undefined);
    response.writeHead(content === undefined ? 404 : 200).end(content);
  }).listen(0, "127.0.0.1");
  afterAll(() => server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

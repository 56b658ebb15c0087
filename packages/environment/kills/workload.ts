import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { SandboxConfigInput } from "@seer/config";
import { findPython } from "@seer/rpc/launch";
import type { IsolationChoice } from "../src/index.ts";

export interface OwnerRequest {
  config: SandboxConfigInput;
  isolation: IsolationChoice;
  /** The interface to serve. */
  file: string;
}

export interface Workload {
  request: OwnerRequest;
  /** Variables of whoever starts it. */
  env: Record<string, string>;
}

/** A sandbox with something of each kind in it, none of it from further away than a directory of this machine. */
export async function makeWorkload(
  directory: string,
  { backend, isolation }: { backend: "local" | "modal"; isolation: IsolationChoice },
): Promise<Workload> {
  const file = join(directory, "interface.py");
  await writeFile(file, "@expose\ndef one() -> int:\n    return 1\n");
  const data = join(directory, "data");
  await mkdir(data);
  for (let index = 0; index < 50; index++) await writeFile(join(data, `${index}.txt`), "x".repeat(10_000));
  const common = {
    executionMode: "cli" as const,
    localDirs: [[data, "/workspace/data"]] as [string, string][],
    localFiles: [[file, "/workspace/copied.py"]] as [string, string][],
  };
  if (backend === "modal") return { request: { config: { ...common, backend }, isolation, file }, env: {} };
  const model = join(directory, "weights");
  await mkdir(model);
  await writeFile(join(model, "model.bin"), "weights");
  const config: SandboxConfigInput = {
    ...common,
    backend,
    pythonPackages: ["seer-tiny==1.0"],
    models: [{ name: model }, { name: model, varName: "subject", hidden: true }],
    repos: [{ url: `file://${await makeRepository(directory)}` }],
  };
  const wheels = await makeWheel(directory);
  return {
    request: { config, isolation, file },
    env: { PIP_NO_INDEX: "1", PIP_FIND_LINKS: wheels, UV_NO_INDEX: "1", UV_FIND_LINKS: wheels },
  };
}

async function makeWheel(directory: string): Promise<string> {
  const wheels = join(directory, "wheels");
  await mkdir(wheels);
  const { executable } = await findPython();
  const script = join(import.meta.dirname, "..", "test", "fixtures", "make_wheel.py");
  await promisify(execFile)(executable, [script, wheels, "seer_tiny", "1.0"]);
  return wheels;
}

async function makeRepository(directory: string): Promise<string> {
  const repository = join(directory, "repository");
  await mkdir(repository);
  await writeFile(join(repository, "readme"), "from git\n");
  const identity = ["user.name=Test", "user.email=test@localhost", "commit.gpgsign=false"];
  const options = identity.flatMap((setting) => ["-c", setting]);
  for (const command of ["init --quiet", "add --all", "commit --quiet --message first"]) {
    await promisify(execFile)("git", ["-C", repository, ...options, ...command.split(" ")]);
  }
  return repository;
}

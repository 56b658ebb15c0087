import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const bench = fileURLToPath(new URL("../..", import.meta.url));

export interface PythonEnvironment {
  python: string;
  directory: string;
  /** Version by package, of those that are asked for by name. */
  versions: Record<string, string>;
}

/** Creates `.venv/NAME` from a requirements file on first use, and again when that file has changed. */
export async function preparePython(name: "core" | "ray"): Promise<PythonEnvironment> {
  const requirements = join(bench, name === "core" ? "requirements.txt" : `requirements-${name}.txt`);
  const directory = join(bench, ".venv", name);
  const python = join(directory, "bin", "python");
  const stamp = join(directory, "installed");
  const text = readFileSync(requirements, "utf8");
  const digest = createHash("sha256").update(text).digest("hex");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== digest) {
    console.error(`Installing ${requirements}, once`);
    rmSync(directory, { recursive: true, force: true });
    await run(process.env.SEER_PYTHON ?? "python3", ["-m", "venv", directory]);
    await run(python, ["-m", "pip", "install", "--quiet", "-r", requirements]);
    writeFileSync(stamp, digest);
  }
  return { python, directory, versions: await readVersions(python, text) };
}

async function readVersions(python: string, requirements: string): Promise<Record<string, string>> {
  const wanted = [...requirements.matchAll(/^[\w-]+/gm)].map(([name]) => name);
  const { stdout } = await run(python, ["-m", "pip", "list", "--format", "json"]);
  const installed = JSON.parse(stdout) as { name: string; version: string }[];
  const entries = installed
    .filter(({ name }) => wanted.some((want) => want.toLowerCase() === name.toLowerCase()))
    .map(({ name, version }): [string, string] => [name, version]);
  return Object.fromEntries(entries);
}

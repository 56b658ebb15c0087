import { constants } from "node:fs";
import { access, mkdir, readdir, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runProgram } from "@seer/config";
import type { PythonInterpreter } from "./find-python.ts";

/** The interpreter to compile for, which is started outside of the isolation. */
export interface CompileTarget {
  readonly executable: string;
  readonly version: string;
}

export function compileTarget({ executable, base = executable, version }: PythonInterpreter): CompileTarget {
  return { executable: base, version: version.join(".") };
}

const timeoutMs = 60_000;
const compiled = new Map<string, Promise<void>>();

/**
 * Compiles the Python modules of a directory in place, if they have changed. Sandboxes see them read-only, so Python
 * would otherwise compile them at every start. Does nothing if this user cannot write to the directory.
 */
export function compileSource(directory: string, target: CompileTarget): Promise<void> {
  const key = `${directory}\0${target.version}`;
  const result = compiled.get(key) ?? compile(directory, target).catch(() => {});
  compiled.set(key, result);
  return result;
}

async function compile(directory: string, { executable, version }: CompileTarget): Promise<void> {
  const marker = join(directory, "__pycache__", `compiled-${version}`);
  if (await isUpToDate(marker, directory)) return;
  await access(directory, constants.W_OK);
  const started = new Date();
  await runProgram(executable, ["-I", "-S", "-m", "compileall", "-q", directory], { timeoutMs });
  await mkdir(dirname(marker), { recursive: true });
  await writeFile(marker, "");
  await utimes(marker, started, started);
}

async function isUpToDate(marker: string, directory: string): Promise<boolean> {
  const made = await stat(marker).catch(() => undefined);
  if (made === undefined) return false;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".py")) continue;
    const { mtimeMs } = await stat(join(entry.parentPath, entry.name));
    if (mtimeMs >= made.mtimeMs) return false;
  }
  return true;
}

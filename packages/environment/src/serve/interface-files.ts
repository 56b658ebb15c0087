import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { realPathInside, runProgram } from "@seer/config";
import { findPython } from "@seer/rpc/launch";
import { tool } from "@seer/system";

/** Contents by path. The interface file comes first. */
export type InterfaceFiles = ReadonlyMap<string, Uint8Array>;

/**
 * Reads an interface file and the Python files next to it that it imports. Paths are relative to its directory.
 *
 * @throws SeerError `config/link-outside` if an imported file is a link to outside the directory
 */
export async function readInterfaceFiles(
  source: string,
  signal: AbortSignal | undefined,
): Promise<InterfaceFiles> {
  const files = new Map([[basename(source), await readFile(source)]]);
  for (const path of await findImportedFiles(source, signal))
    files.set(path, await readFile(await realPathInside(dirname(source), path)));
  return files;
}

/** Hashes files, for detecting edits. */
export function digestOf(files: InterfaceFiles): string {
  const hash = createHash("sha256");
  for (const [path, content] of files)
    hash.update(JSON.stringify([path, content.byteLength])).update(content);
  return hash.digest("base64url");
}

/**
 * Returns the Python files next to an interface file that it imports directly or indirectly. Needs a Python on this
 * machine; without one, returns none.
 */
async function findImportedFiles(file: string, signal: AbortSignal | undefined): Promise<string[]> {
  const python = await findPython({ signal }).catch(() => undefined);
  signal?.throwIfAborted();
  if (python === undefined) return [];
  const arguments_ = ["-I", "-S", tool("imported_files"), file];
  const { stdout } = await runProgram(python.executable, arguments_, { signal, timeoutMs: 60_000 });
  return JSON.parse(stdout) as string[];
}

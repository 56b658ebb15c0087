import { appendFile, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname } from "node:path";
import { isWithin } from "@seer/config";
import type { BubblewrapOptions, Mount } from "./bubblewrap-arguments.ts";
import { certificatePaths } from "./certificates.ts";
import { compileSource, compileTarget } from "./compile-source.ts";
import type { PythonInterpreter } from "./find-python.ts";
import type { HostIsolation, HostPaths } from "./host-command.ts";
import { hostSourceDirectory } from "./host-source.ts";
import { pythonMounts } from "./python-mounts.ts";

/** The default working directory inside bubblewrap, private to the host. */
export const scratchDirectory = "/tmp";

/** Mounts for a host in bubblewrap: the caller's, and all other paths in its options. */
export async function hostBubblewrapOptions(
  python: PythonInterpreter,
  isolation: HostIsolation,
  { file, cwd, path, models, log }: HostPaths,
): Promise<Omit<BubblewrapOptions, "network">> {
  const interpreter = await pythonMounts(python);
  const source = hostSourceDirectory();
  await compileSource(source, compileTarget(python));
  const readOnly: Mount[] = [...interpreter.readOnly, [source, source], ...(isolation.readOnly ?? [])];
  const writable: Mount[] = [...(isolation.writable ?? [])];
  const isVisible = (path: string) => [...readOnly, ...writable].some(([, inside]) => isWithin(path, inside));

  if (log !== undefined && !isVisible(log)) {
    const source = directoryOf(log);
    await mkdir(dirname(log), { recursive: true });
    await appendFile(log, "");
    writable.push([source, source]);
  }
  if (cwd !== scratchDirectory && !isVisible(cwd)) writable.push([cwd, cwd]);
  for (const needed of [
    directoryOf(file),
    ...path,
    ...models.map((model) => model.path),
    ...certificatePaths(),
  ]) {
    if (!isVisible(needed)) readOnly.push([needed, needed]);
  }
  return {
    readOnly,
    writable,
    symlinks: interpreter.symlinks,
    workingDirectory: cwd,
    devices: isolation.devices,
    dieWithParent: true,
  };
}

/** A file's directory, because the file may use its neighbours; only the file if it is directly in a home. */
function directoryOf(file: string): string {
  const directory = dirname(file);
  return isWithin(homedir(), directory) ? file : directory;
}

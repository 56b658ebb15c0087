import { appendFile, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname } from "node:path";
import type { BubblewrapOptions, Mount } from "./bubblewrap-arguments.ts";
import { certificatePaths } from "./certificates.ts";
import type { PythonInterpreter } from "./find-python.ts";
import type { HostIsolation, HostPaths } from "./host-command.ts";
import { hostSourceDirectory } from "./host-source.ts";
import { isWithin, pythonMounts } from "./python-mounts.ts";

/** Where a host works inside bubblewrap when it was told no other place: a directory of its own. */
export const scratchDirectory = "/tmp";

/** What a host sees inside bubblewrap: what the caller mounts, and of what the options name all that is not in that. */
export async function hostView(
  python: PythonInterpreter,
  isolation: HostIsolation,
  { file, cwd, path, models, log }: HostPaths,
): Promise<BubblewrapOptions> {
  const interpreter = await pythonMounts(python);
  const source = hostSourceDirectory();
  const readOnly: Mount[] = [...interpreter.readOnly, [source, source], ...(isolation.readOnly ?? [])];
  const writable: Mount[] = [...(isolation.writable ?? [])];
  const isVisible = (path: string) => [...readOnly, ...writable].some(([, inside]) => isWithin(path, inside));

  if (log !== undefined && !isVisible(log)) {
    const place = surroundings(log);
    await mkdir(dirname(log), { recursive: true });
    await appendFile(log, "");
    writable.push([place, place]);
  }
  if (cwd !== scratchDirectory && !isVisible(cwd)) writable.push([cwd, cwd]);
  for (const needed of [
    surroundings(file),
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
    // Its port must be reachable from here.
    network: true,
    devices: isolation.devices,
    dieWithParent: true,
  };
}

/** A file's directory, for its neighbours; only the file where that would bring in somebody's home. */
function surroundings(file: string): string {
  const directory = dirname(file);
  return isWithin(homedir(), directory) ? file : directory;
}

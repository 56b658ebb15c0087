import { lstat, readlink, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { isWithin } from "@seer/config";
import type { Mount } from "./bubblewrap-arguments.ts";
import type { PythonInterpreter } from "./find-python.ts";

/** The mounts that an interpreter needs inside bubblewrap. */
export interface PythonMounts {
  readOnly: Mount[];
  symlinks: Mount[];
}

/**
 * The mounts that an interpreter needs: its own prefix and the base prefix of its virtual environment, at the paths
 * that it uses, and the symbolic links that lead to its executable.
 */
export async function pythonMounts({ executable, prefixes }: PythonInterpreter): Promise<PythonMounts> {
  const links = await linksTo(executable);
  const real = dirname(dirname(await realpath(executable)));
  const paths = new Set([...prefixes, real].flatMap(withoutHome));
  const readOnly: Mount[] = [];
  for (const path of paths) {
    const target = await realpath(path).catch(() => undefined);
    if (target === undefined || isSystem(path)) continue;
    readOnly.push([target, path]);
    if (target !== path && !paths.has(target) && !isSystem(target)) readOnly.push([target, target]);
  }
  const isMounted = (path: string) => readOnly.some(([, inside]) => isWithin(path, inside));
  return { readOnly, symlinks: links.filter(([, path]) => !isSystem(path) && !isMounted(path)) };
}

/** All symbolic links that lead from a path to its real file: target and location. */
async function linksTo(path: string): Promise<Mount[]> {
  const links: Mount[] = [];
  let current = path;
  while ((await lstat(current)).isSymbolicLink()) {
    const target = await readlink(current);
    links.push([target, current]);
    current = resolve(dirname(current), target);
  }
  return links;
}

/** For a Python installed directly in a home directory, only its own folders. */
function withoutHome(prefix: string): string[] {
  return isWithin(homedir(), prefix) ? [join(prefix, "bin"), join(prefix, "lib")] : [prefix];
}

/** Whether a path is mounted in any case. */
function isSystem(path: string): boolean {
  return ["/usr", "/bin", "/lib", "/lib64", "/nix/store", "/etc/alternatives"].some((root) =>
    isWithin(path, root),
  );
}

import { lstat, readlink, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Mount } from "./bubblewrap-arguments.ts";
import type { PythonInterpreter } from "./find-python.ts";

/** What `bubblewrapArguments` needs so that an interpreter works inside, wherever it is installed. */
export interface PythonMounts {
  readOnly: Mount[];
  symlinks: Mount[];
}

/**
 * The mounts that an interpreter needs: its own prefix, the one its virtual environment is based on, both under the
 * names they are known by, and the links on the way to its executable.
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

/** Every symbolic link that is followed from a path: what it says, and where it is. */
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

/** A Python that was installed right into somebody's home brings its own directories, not the home. */
function withoutHome(prefix: string): string[] {
  return isWithin(homedir(), prefix) ? [join(prefix, "bin"), join(prefix, "lib")] : [prefix];
}

/** Whether the view has it anyway. */
function isSystem(path: string): boolean {
  return ["/usr", "/bin", "/lib", "/lib64", "/nix/store", "/etc/alternatives"].some((root) =>
    isWithin(path, root),
  );
}

export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith("/") ? directory : `${directory}/`);
}

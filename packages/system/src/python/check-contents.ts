import { readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { isWithin } from "@seer/config";
import { SystemError } from "../errors.ts";
import type { PythonEnvironment } from "./python-environment.ts";

/**
 * Checks an environment that was built in the isolation before this process reads its files: a package's build could
 * have left a link in it, such as `pyvenv.cfg`, by which a file of the user would be copied into sandboxes.
 *
 * @throws SystemError `environment/package-install-failed`
 */
export async function checkContents(environment: PythonEnvironment): Promise<void> {
  const { directory } = environment;
  const interpreter = await realpath(environment.executable);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() || entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    if (!entry.isSymbolicLink()) throw unsafe(path, "neither a file nor a directory");
    const target = await realpath(path).catch(() => undefined);
    if (target === undefined) throw unsafe(path, "a link to nothing");
    // The environment's `python` is a link to its base interpreter.
    if (target !== interpreter && !isWithin(target, directory)) throw unsafe(path, `a link to ${target}`);
  }
}

function unsafe(path: string, what: string): SystemError {
  return new SystemError(
    "environment/package-install-failed",
    `A package's build has left ${path} in the environment, which is ${what}`,
    {
      hint: "Sandboxes could read other files of this machine through it. Install a wheel, or another version.",
    },
  );
}

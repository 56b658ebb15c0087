import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Finds a program on the PATH. */
export async function findCommand(name: string): Promise<string | undefined> {
  for (const directory of (process.env.PATH ?? "").split(delimiter).filter((entry) => entry !== "")) {
    const path = join(directory, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Try the next directory.
    }
  }
  return undefined;
}

import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** The path of a program that is on the PATH. */
export async function findCommand(name: string): Promise<string | undefined> {
  for (const directory of (process.env.PATH ?? "").split(delimiter).filter((entry) => entry !== "")) {
    const path = join(directory, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The directory that holds the Python package `seer_session`. */
export function sessionSource(): string {
  // This file is bundled into `dist`, at a depth that is the bundler's business.
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, "python", "src", "seer_session"))) {
    if (directory === dirname(directory)) {
      throw new Error(
        "The Python files of @seer/execution are missing; install it again, without filtering its files",
      );
    }
    directory = dirname(directory);
  }
  return join(directory, "python", "src");
}

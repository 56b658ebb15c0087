import { rm } from "node:fs/promises";
import { runProgram } from "@seer/config";

const timeoutMs = 600_000;

/** Removes a directory tree, including directories that are not writable, or deeper than a path can be long. */
export async function removeTree(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EPERM" && code !== "ENAMETOOLONG") throw error;
    // Unlike Node, these programs need no path from the root of the tree to each file.
    await runProgram("chmod", ["-R", "u+rwx", "--", directory], { timeoutMs }).catch(() => {});
    await runProgram("rm", ["-rf", "--", directory], { timeoutMs });
  }
}

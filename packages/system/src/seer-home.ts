import { mkdir, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { environmentVariables } from "@seer/config";
import { SystemError } from "./errors.ts";

/** The directory of Seer's persistent files. */
export function seerHome(): string {
  const chosen = process.env[environmentVariables.home];
  return chosen ? resolve(chosen) : join(homedir(), ".seer");
}

/**
 * The directory of the shared Python environments, created if necessary. Links are resolved because the scripts of an
 * environment contain its path.
 *
 * @throws SystemError `environment/start-failed` if it cannot be created
 */
export async function environmentsDirectory(): Promise<string> {
  const directory = join(seerHome(), "environments");
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return await realpath(directory);
  } catch (cause) {
    throw new SystemError(
      "environment/start-failed",
      `The directory ${directory} cannot be created: ${(cause as Error).message}`,
      { hint: "Set SEER_HOME to a directory in which you may write.", cause },
    );
  }
}

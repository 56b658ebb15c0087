import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { environmentVariables } from "@seer/config";

/** Where Seer keeps what outlives a process. */
export function seerHome(): string {
  const chosen = process.env[environmentVariables.home];
  return chosen ? resolve(chosen) : join(homedir(), ".seer");
}

/** The Python environments of this machine, one for each interpreter and set of packages. */
export function environmentsDirectory(): string {
  return join(seerHome(), "environments");
}

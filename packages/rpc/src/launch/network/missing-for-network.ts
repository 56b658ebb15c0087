import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { searchPath } from "./connect-network.ts";

/** Why processes on this machine cannot have a separate network; undefined if they can. */
export function missingForNetwork(): string | undefined {
  const isThere = (name: string) =>
    searchPath.split(delimiter).some((directory) => directory !== "" && existsSync(join(directory, name)));
  for (const program of ["slirp4netns", "nsenter"])
    if (!isThere(program)) return `${program} is not installed`;
  return existsSync("/dev/net/tun") ? undefined : "there is no /dev/net/tun";
}

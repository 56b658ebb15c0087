import { join } from "node:path";
import { pythonSourceDirectory } from "@seer/config";

/** The directory of the host's Python packages. */
export function hostSourceDirectory(): string {
  return pythonSourceDirectory(import.meta.url, "seer_host");
}

/**
 * Arguments with which Python starts a host. The supervisor holds tokens, and a socket outside the sandbox's network, so
 * it must not import what the sandbox's code can write: neither modules on `PYTHONPATH` nor `.pth` files of packages.
 *
 * @param source The directory of the host's packages, as it is known where the host runs.
 */
export function hostArguments(source: string): string[] {
  return ["-I", "-S", join(source, "seer_host", "__main__.py")];
}

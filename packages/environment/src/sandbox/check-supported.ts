import type { SandboxConfig } from "@seer/config";
import { EnvironmentError } from "../errors.ts";

/**
 * Refuses what this release cannot do, rather than leaving it out.
 *
 * @throws EnvironmentError `environment/unsupported`, naming the option
 */
export function checkSupported(config: SandboxConfig): void {
  const used = [...(config.idle === undefined ? [] : ["idle"])];
  if (used.length > 0) throw unsupported(used.map((option) => `\`${option}\``).join(", "));
}

export function unsupported(what: string): EnvironmentError {
  return new EnvironmentError(
    "environment/unsupported",
    `${what} cannot be used yet: it comes with a later release`,
    {
      hint: "Remove it.",
    },
  );
}

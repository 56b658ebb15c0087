import { EnvironmentError } from "../errors.ts";

/** @throws EnvironmentError `environment/invalid-name` */
export function checkSandboxName(name: string): void {
  if (/^(?!sb-)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return;
  throw new EnvironmentError(
    "environment/invalid-name",
    `A sandbox cannot be called ${JSON.stringify(name)}`,
    {
      hint: "Use at most 64 letters, digits, `.`, `_` and `-`, beginning with a letter or digit, and not with `sb-`.",
    },
  );
}

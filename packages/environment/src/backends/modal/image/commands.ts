import { shellCommand } from "./shell-quote.ts";

/** Debian packages. */
export function aptInstall(packages: readonly string[]): string {
  return [
    "RUN apt-get update",
    `DEBIAN_FRONTEND=noninteractive ${shellCommand(["apt-get", "install", "-y", "--no-install-recommends", ...packages])}`,
    "rm -rf /var/lib/apt/lists/*",
  ].join(" && ");
}

/** Python packages, to where uv's options say. */
export function uvInstall(where: readonly string[], packages: readonly string[]): string {
  const install = ["uv", "pip", "install", "--compile-bytecode", ...where];
  return `RUN ${shellCommand([...install, "--", ...packages])} && rm -rf /root/.cache/uv`;
}

/** Quotes a word for a POSIX shell. */
export function shellQuote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Joins words into a command line for a POSIX shell. */
export function shellCommand(words: readonly string[]): string {
  return words.map(shellQuote).join(" ");
}

/** Dockerfile command that installs Debian packages. */
export function aptInstall(packages: readonly string[]): string {
  return [
    "RUN apt-get update",
    `DEBIAN_FRONTEND=noninteractive ${shellCommand(["apt-get", "install", "-y", "--no-install-recommends", ...packages])}`,
    "rm -rf /var/lib/apt/lists/*",
  ].join(" && ");
}

/** Dockerfile command that installs Python packages; `where` are uv's options for the target. */
export function uvInstall(where: readonly string[], packages: readonly string[]): string {
  const install = ["uv", "pip", "install", "--compile-bytecode", ...where];
  return `RUN ${shellCommand([...install, "--", ...packages])} && rm -rf /root/.cache/uv`;
}

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = new URL("../../../", import.meta.url);

/** The repository's own Python, which has numpy. */
export const python = fileURLToPath(new URL(".venv/bin/python", root));

/** A program that the repository's node_modules brings. */
export function bin(name: string): string {
  return fileURLToPath(new URL(`node_modules/.bin/${name}`, root));
}

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; input?: string } = {},
): Promise<Ran> {
  const { cwd, env, input = "" } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data) => {
      stdout += data;
    });
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, stdout, stderr }));
    // A program that ends without reading its input is no error here.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

import { EnvironmentError } from "../../../errors.ts";
import { runCommand } from "../../../sandbox/run-command.ts";
import type { Machine } from "../../backend.ts";

/** What a command prints that must succeed. */
export async function runIn(
  machine: Machine,
  argv: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(machine, { argv, cwd: "/" }, { signal });
  if (exitCode === 0) return stdout;
  throw new EnvironmentError(
    "environment/start-failed",
    `\`${argv.join(" ")}\` failed where weights are placed on Modal: ${stderr.trim()}`,
  );
}

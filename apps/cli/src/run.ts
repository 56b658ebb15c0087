import { CommanderError } from "commander";
import { CliError } from "./errors.ts";
import { Interruption } from "./interruption.ts";
import { buildProgram } from "./program.ts";
import { reportError } from "./report-error.ts";

/** Runs one command line and returns its exit code: 0, 1 for an error, 2 for a wrong command line, 128 + signal. */
export async function run(args: string[]): Promise<number> {
  const json = args.includes("--json");
  using interruption = new Interruption();
  // Waiting for a sandbox does not keep the process alive.
  const keepAlive = setInterval(() => {}, 2 ** 30);
  try {
    await buildProgram(interruption.signal).parseAsync(args, { from: "user" });
    return interruption.exitCode ?? 0;
  } catch (error) {
    // Do not report errors that Ctrl-C has caused.
    if (interruption.exitCode !== undefined) return interruption.exitCode;
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      // `seer` without arguments has printed the help.
      if (error.code === "commander.help") return 2;
      reportError(new CliError("cli/usage", error.message.replace(/^error: /, "")), { json });
      return 2;
    }
    reportError(error, { json });
    return error instanceof CliError && error.code === "cli/usage" ? 2 : 1;
  } finally {
    clearInterval(keepAlive);
  }
}

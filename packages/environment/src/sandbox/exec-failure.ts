import { constants } from "node:os";
import { ExecError } from "../errors.ts";
import type { Mask } from "../secrets/mask.ts";
import type { CommandResult } from "./run-command.ts";

/** The error for a command that failed or ran out of its time, with secrets masked. */
export function execFailure(
  command: string,
  { exitCode, stdout, stderr }: CommandResult,
  { timeoutMs, mask }: { timeoutMs: number | undefined; mask: Mask },
): ExecError {
  const failure = { exitCode, stdout: mask(stdout), stderr: mask(stderr) };
  const what = mask(shortened(command));
  const said = tail([failure.stdout, failure.stderr].filter((text) => text.trim() !== "").join("\n"));
  if (exitCode === undefined) {
    return new ExecError(
      "environment/exec-timeout",
      `${what} did not end within ${timeoutMs} ms${said}`,
      failure,
    );
  }
  return new ExecError("environment/exec-failed", `${what} ${endText(exitCode)}${said}`, failure);
}

function endText(exitCode: number): string {
  if (exitCode >= 0) return `failed with exit code ${exitCode}`;
  const name = Object.entries(constants.signals).find(([, number]) => number === -exitCode)?.[0];
  return `was ended by ${name ?? `signal ${-exitCode}`}`;
}

function shortened(command: string): string {
  const line = command.trim().replaceAll(/\s*\n\s*/g, "; ");
  return `\`${line.length > 120 ? `${line.slice(0, 117)}...` : line}\``;
}

/** The end of the output, where the reason usually is. */
function tail(output: string): string {
  const lines = output.trim().split("\n");
  if (output.trim() === "") return "";
  return `:\n${lines.length > 40 ? `…\n${lines.slice(-40).join("\n")}` : lines.join("\n")}`;
}

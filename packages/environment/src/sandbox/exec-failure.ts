import { constants } from "node:os";
import { lastLines } from "@seer/config";
import type { Mask } from "@seer/system";
import { ExecError } from "../errors.ts";
import type { CommandResult } from "../runtime/run-command.ts";

/** Creates the error for a command that failed or timed out, with secrets masked. */
export function execFailure(
  command: string,
  { exitCode, stdout, stderr }: CommandResult,
  { timeoutMs, mask }: { timeoutMs: number | undefined; mask: Mask },
): ExecError {
  const failure = { exitCode, stdout: mask(stdout), stderr: mask(stderr) };
  const commandText = shortened(mask(command));
  const output = [failure.stdout, failure.stderr].filter((text) => text.trim() !== "").join("\n");
  const outputText = output === "" ? "" : `:\n${lastLines(output, 40)}`;
  if (exitCode === undefined) {
    return new ExecError(
      "environment/exec-timeout",
      `${commandText} did not end within ${timeoutMs} ms${outputText}`,
      failure,
    );
  }
  return new ExecError(
    "environment/exec-failed",
    `${commandText} ${endText(exitCode)}${outputText}`,
    failure,
  );
}

function endText(exitCode: number): string {
  if (exitCode >= 0) return `failed with exit code ${exitCode}`;
  const name = Object.entries(constants.signals).find(([, number]) => number === -exitCode)?.[0];
  return `was ended by ${name ?? `signal ${-exitCode}`}`;
}

function shortened(command: string): string {
  const lines = command.split("\n").map((line) => line.trim());
  const line = lines.filter((part) => part !== "").join("; ");
  return `\`${line.length > 120 ? `${line.slice(0, 117)}...` : line}\``;
}

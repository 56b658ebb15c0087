import { runProgram } from "@seer/config";

const deadlineMs = 10_000;

/** The first line that a program prints; undefined if it is missing or fails. */
export async function firstLine(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await runProgram(program, args, { timeoutMs: deadlineMs });
    return stdout.trim().split("\n")[0];
  } catch {
    return undefined;
  }
}

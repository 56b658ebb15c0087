import { execFile } from "node:child_process";
import { promisify } from "node:util";

const deadlineMs = 10_000;

/** The first line that a program prints, or undefined when it is not there or does not work. */
export async function firstLine(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: deadlineMs });
    return stdout.trim().split("\n")[0];
  } catch {
    return undefined;
  }
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { bubblewrapArguments } from "./bubblewrap-arguments.ts";

/** What can keep a process from this machine's files. */
export interface Isolation {
  kind: "bubblewrap" | "none";
  /** Why there is none. */
  reason?: string | undefined;
}

const probeTimeoutMs = 10_000;
let answer: Promise<Isolation> | undefined;

/** Finds out, once, whether bubblewrap works here: being installed is not enough, as containers often forbid it. */
export function findIsolation(): Promise<Isolation> {
  answer ??= probe();
  return answer;
}

async function probe(): Promise<Isolation> {
  if (process.platform !== "linux") return { kind: "none", reason: "bubblewrap is for Linux" };
  const view = bubblewrapArguments({ workingDirectory: "/tmp", network: true, dieWithParent: true });
  try {
    await promisify(execFile)("bwrap", [...view, "--", "true"], { timeout: probeTimeoutMs });
    return { kind: "bubblewrap" };
  } catch (error) {
    return { kind: "none", reason: reasonOf(error as NodeJS.ErrnoException & { stderr?: string }) };
  }
}

function reasonOf({ code, stderr, message }: NodeJS.ErrnoException & { stderr?: string }): string {
  if (code === "ENOENT") return "bubblewrap is not installed";
  const said = stderr?.trim().replace(/^bwrap: /, "") || message;
  return `bubblewrap does not work here: ${said}`;
}

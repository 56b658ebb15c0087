import { type ProgramError, runProgram } from "@seer/config";
import { bubblewrapArguments } from "./bubblewrap-arguments.ts";
import { missingForNetwork } from "./network/missing-for-network.ts";
import { seccompFilter } from "./seccomp/seccomp-filter.ts";

/** The isolation that is available on this machine. */
export interface Isolation {
  kind: "bubblewrap" | "none";
  /** Why there is no isolation. */
  reason?: string | undefined;
  /** The parts of the isolation that are unavailable. */
  lacks?: readonly MissingWall[] | undefined;
}

/** An unavailable part of the isolation, and the reason. */
export interface MissingWall {
  /** `system-calls`: the filter that denies dangerous system calls; `network`: a separate network. */
  readonly wall: "system-calls" | "network";
  readonly reason: string;
}

const probeTimeoutMs = 10_000;
let answer: Promise<Isolation> | undefined;

/** Tests once whether bubblewrap works here: it may be installed but forbidden, as in many containers. */
export function findIsolation(): Promise<Isolation> {
  answer ??= probe();
  return answer;
}

async function probe(): Promise<Isolation> {
  if (process.platform !== "linux") return { kind: "none", reason: "bubblewrap is for Linux" };
  const found = await probeBubblewrap();
  const reason = missingForNetwork();
  if (found.kind === "none" || reason === undefined) return found;
  return { ...found, lacks: [...(found.lacks ?? []), { wall: "network", reason }] };
}

async function probeBubblewrap(): Promise<Isolation> {
  const filter = seccompFilter();
  try {
    await runInBubblewrap(filter);
    if (filter !== undefined) return { kind: "bubblewrap" };
    const reason = `the numbers of system calls are not known for ${process.arch}`;
    return { kind: "bubblewrap", lacks: [{ wall: "system-calls", reason }] };
  } catch (error) {
    const reason = reasonOf(error as ProgramError);
    if (filter === undefined) return { kind: "none", reason };
    return await runInBubblewrap(undefined).then(
      () => ({ kind: "bubblewrap", lacks: [{ wall: "system-calls", reason }] }) as const,
      () => ({ kind: "none", reason }) as const,
    );
  }
}

/** Whether isolated processes must share this machine's network. */
export function lacksNetwork({ lacks = [] }: Pick<Isolation, "lacks">): boolean {
  return lacks.some(({ wall }) => wall === "network");
}

/** The system call filter for isolated processes; undefined if it is unavailable. */
export function systemCallFilter({ lacks = [] }: Pick<Isolation, "lacks">): Buffer | undefined {
  return lacks.some(({ wall }) => wall === "system-calls") ? undefined : seccompFilter();
}

async function runInBubblewrap(filter: Buffer | undefined): Promise<void> {
  const view = bubblewrapArguments({
    workingDirectory: "/tmp",
    network: true,
    dieWithParent: true,
    seccompDescriptor: filter === undefined ? undefined : 3,
  });
  await runProgram("bwrap", [...view, "--", "true"], {
    timeoutMs: probeTimeoutMs,
    inputs: filter === undefined ? [] : [filter],
  });
}

function reasonOf({ code, stderr, message }: ProgramError): string {
  if (code === "ENOENT") return "bubblewrap is not installed";
  const output = stderr.trim().replace(/^bwrap: /, "") || message;
  return `bubblewrap does not work here: ${output}`;
}

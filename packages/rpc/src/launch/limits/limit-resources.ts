import { existsSync } from "node:fs";
import { totalmem } from "node:os";
import { type LimitsConfig, type ProgramError, runProgram } from "@seer/config";
import { CgroupLimits } from "./cgroup-limits.ts";

/** The enforced limits of a process and its descendants. */
export interface LimitsInForce extends AsyncDisposable {
  /** `processes` means that each process is limited separately, as far as the system supports it. */
  readonly by: "systemd" | "cgroup" | "processes";
  /** Why no control group is used. */
  readonly reason?: string | undefined;
}

const mebibyte = 2 ** 20;
const defaultShare = 0.9;
const defaultProcesses = 4096;
const answerMs = 10_000;

/**
 * Limits a process and its descendants; call it before the process has started others. Dispose the result after they
 * have ended, to clean up.
 *
 * @param id An ID that is unique on this machine.
 */
export async function limitResources(pid: number, id: string, limits: LimitsConfig): Promise<LimitsInForce> {
  const { memoryMiB = Math.floor((totalmem() * defaultShare) / mebibyte), processes = defaultProcesses } =
    limits;
  const bytes = memoryMiB * mebibyte;
  const reasons: string[] = [];
  if (limits.diskMiB !== undefined) {
    await setProcessLimits(pid, [`--fsize=${limits.diskMiB * mebibyte}`]);
  }
  if (existsSync("/run/systemd/system")) {
    try {
      await startScope(pid, id, { bytes, processes });
      return { by: "systemd", [Symbol.asyncDispose]: async () => {} };
    } catch (error) {
      reasons.push(`systemd: ${lastLine(error)}`);
    }
  }
  try {
    const group = await CgroupLimits.create(pid, id, { bytes, processes });
    return { by: "cgroup", [Symbol.asyncDispose]: () => group[Symbol.asyncDispose]() };
  } catch (error) {
    reasons.push(`control groups: ${(error as Error).message}`);
  }
  await setProcessLimits(pid, [`--data=${bytes}`, `--nproc=${processes}`]);
  return { by: "processes", reason: reasons.join("; "), [Symbol.asyncDispose]: async () => {} };
}

/** Creates a systemd scope, which systemd removes when its last process has ended. */
async function startScope(
  pid: number,
  id: string,
  { bytes, processes }: { bytes: number; processes: number },
): Promise<void> {
  const properties = [
    "PIDs",
    "au",
    "1",
    `${pid}`,
    "MemoryMax",
    "t",
    `${bytes}`,
    "TasksMax",
    "t",
    `${processes}`,
  ];
  await runProgram(
    "busctl",
    [
      ...(process.getuid?.() === 0 ? [] : ["--user"]),
      "call",
      "org.freedesktop.systemd1",
      "/org/freedesktop/systemd1",
      "org.freedesktop.systemd1.Manager",
      "StartTransientUnit",
      "ssa(sv)a(sa(sv))",
      `seer-${id}.scope`,
      "fail",
      "3",
      ...properties,
      "0",
    ],
    { timeoutMs: answerMs },
  );
}

async function setProcessLimits(pid: number, limits: readonly string[]): Promise<void> {
  // Ignore failures: the process may have ended, or `prlimit` may be missing.
  await runProgram("prlimit", ["--pid", `${pid}`, ...limits], { timeoutMs: answerMs }).catch(() => {});
}

function lastLine(error: unknown): string {
  const { stderr = "", message } = error as ProgramError;
  return stderr.trim().split("\n").at(-1) || message;
}

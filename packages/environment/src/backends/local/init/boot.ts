import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type BubblewrapOptions, bubblewrapArguments } from "@seer/rpc/launch";
import { EnvironmentError } from "../../../errors.ts";
import { pythonSource } from "../../../python-source.ts";
import { identify, type ProcessIdentity } from "../process-identity.ts";

export interface BootOptions {
  /** A Python of this machine. */
  python: string;
  socket: string;
  log: string;
  /** The view of this machine that bubblewrap gives; none when there is no isolation. */
  view: Omit<BubblewrapOptions, "dieWithParent" | "workingDirectory"> | undefined;
  /** The directory of `seer_init`, as it is known inside. */
  initSource: string;
  settings: InitSettings;
}

/** What `seer_init/requests.py` calls Settings. */
interface InitSettings {
  id: string;
  cwd: string;
  env: Record<string, string>;
  leaseMs: number;
  timeoutMs: number;
  adoptOrphans: boolean;
}

/** What must have ended when a sandbox has. */
export interface SandboxProcesses {
  /** Its first process, without which the others cannot be. */
  readonly init: ProcessIdentity;
  /** The same, or the bubblewrap around it. */
  readonly outer: ProcessIdentity;
}

/** Starts a sandbox's first process, which from then on depends on its lease and not on this process. */
export async function boot(options: BootOptions): Promise<SandboxProcesses> {
  const { python, socket, log, view, initSource, settings } = options;
  const first = [python, "-S", "-m", "seer_init", "4"];
  const command = view === undefined ? ["self", ...first] : ["command", ...bubblewrap(view), ...first];
  const logFile = await open(log, "a", 0o600);
  let child: ChildProcess;
  try {
    child = spawn(python, ["-I", join(pythonSource(), "seer_init", "launch.py"), socket, ...command], {
      env: { PATH: process.env.PATH, PYTHONPATH: initSource, PYTHONDONTWRITEBYTECODE: "1" },
      stdio: ["pipe", logFile.fd, logFile.fd, "pipe"],
      detached: true,
    });
  } finally {
    await logFile.close();
  }
  const failed = once(child, "error").then(([cause]: Error[]) => {
    throw new EnvironmentError("environment/start-failed", `${python} cannot be started`, { cause });
  });
  failed.catch(() => {});
  // A first process that did not come up is reported by its log, not by the broken pipe.
  child.stdin?.on("error", () => {});
  // On standard input: arguments and variables of a process can be read by others.
  child.stdin?.end(JSON.stringify(settings));
  child.unref();
  const info = await Promise.race([text(child.stdio[3] as Readable), failed]);
  const outer = identify(child.pid ?? 0);
  const init = identify(parsePid(info) ?? 0);
  if (outer !== undefined && init !== undefined) return { init, outer };
  throw new EnvironmentError("environment/start-failed", `The sandbox did not start:\n${await said(log)}`);
}

function bubblewrap(view: NonNullable<BootOptions["view"]>): string[] {
  // A working directory of the agent's would be the first place where Python looks for modules.
  const arguments_ = bubblewrapArguments({ ...view, workingDirectory: "/", dieWithParent: false });
  return ["bwrap", "--info-fd", "3", "--as-pid-1", ...arguments_, "--"];
}

function parsePid(info: string): number | undefined {
  try {
    return (JSON.parse(info) as { "child-pid": number })["child-pid"];
  } catch {
    return undefined;
  }
}

async function said(log: string): Promise<string> {
  const lines = (await readFile(log, "utf8").catch(() => "")).trim();
  return lines === "" ? "its first process said nothing" : lines;
}

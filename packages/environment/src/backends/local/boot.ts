import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type BubblewrapOptions, bubblewrapArguments } from "@seer/rpc/launch";
import { EnvironmentError } from "../../errors.ts";
import { pythonSource } from "../../python-source.ts";
import { identify, type ProcessIdentity, signalProcess } from "../../this-machine/process-identity.ts";
import type { EndReason } from "../backend.ts";
import { type Hold, InitClient } from "../init/init-client.ts";
import { dialSocket } from "./dial-socket.ts";
import type { SandboxDirectories } from "./home.ts";

export interface BootOptions {
  /** A Python of this machine. */
  python: string;
  directories: SandboxDirectories;
  /** The view of this machine that bubblewrap gives; none when there is no isolation. */
  view: SandboxView | undefined;
  /** The directory of `seer_init`, as it is known inside. */
  initSource: string;
  settings: InitSettings;
  /** Told of the process that has been started, before anything is waited for. */
  onSpawned: (pid: number) => void;
}

export type SandboxView = Omit<BubblewrapOptions, "dieWithParent" | "workingDirectory">;

/** What `seer_init/requests.py` calls Settings. */
interface InitSettings {
  id: string;
  cwd: string;
  env: Record<string, string>;
  leaseMs: number;
  timeoutMs: number;
  /** What to say when that time is over. */
  timeoutReason: EndReason;
  adoptOrphans: boolean;
  hidden: boolean;
}

/** What must have ended when a sandbox has. */
export interface SandboxProcesses {
  /** Its first process, without which the others cannot be. */
  readonly init: ProcessIdentity;
  /** The same, or the bubblewrap around it. */
  readonly outer: ProcessIdentity;
}

/** A sandbox that has come up, held by this process. */
export interface Booted {
  readonly processes: SandboxProcesses;
  readonly client: InitClient;
  readonly hold: Hold;
}

/** Starts a sandbox's first process, which from then on depends on who holds it and not on this process. */
export async function boot(options: BootOptions): Promise<Booted> {
  const { directories } = options;
  const outer = await launch(options);
  const client = new InitClient(() => dialSocket(directories.socket));
  try {
    const hold = await client.hold();
    const init = identify(await readPid(directories.initInfo));
    if (init === undefined) throw new EnvironmentError("environment/ended", "The sandbox ended");
    return { processes: { init, outer }, client, hold };
  } catch (cause) {
    signalProcess(outer, "SIGKILL");
    throw failed(await said(directories.initLog), cause);
  }
}

/** Returns when the socket listens, which is before anything answers there. */
async function launch({
  python,
  directories,
  view,
  initSource,
  settings,
  onSpawned,
}: BootOptions): Promise<ProcessIdentity> {
  const { socket, initInfo, initLog } = directories;
  const first = [python, "-I", "-S", "-B", `${initSource}/seer_init/__main__.py`, "4"];
  const command = view === undefined ? ["self", ...first] : ["command", ...bubblewrap(view), ...first];
  const script = join(pythonSource(), "seer_init", "launch.py");
  const log = await open(initLog, "a", 0o600);
  let child: ChildProcess;
  try {
    child = spawn(python, ["-I", "-S", script, socket, initInfo, ...command], {
      env: { PATH: process.env.PATH },
      stdio: ["pipe", log.fd, log.fd, "pipe"],
      detached: true,
    });
    if (child.pid !== undefined) onSpawned(child.pid);
  } finally {
    await log.close();
  }
  const unable = once(child, "error").then(([cause]) => {
    throw failed(`${python} cannot be started`, cause);
  });
  unable.catch(() => {});
  // A first process that did not come up is reported by its log, not by the broken pipe.
  child.stdin?.on("error", () => {});
  // On standard input: arguments and variables of a process can be read by others.
  child.stdin?.end(JSON.stringify(settings));
  child.unref();
  await Promise.race([text(child.stdio[3] as Readable), unable]);
  const outer = identify(child.pid ?? 0);
  if (outer === undefined) throw failed(await said(initLog));
  return outer;
}

function bubblewrap(view: SandboxView): string[] {
  // A working directory of the agent's would be the first place where Python looks for modules.
  const arguments_ = bubblewrapArguments({ ...view, workingDirectory: "/", dieWithParent: false });
  return ["bwrap", "--info-fd", "3", "--as-pid-1", ...arguments_, "--"];
}

async function readPid(file: string): Promise<number> {
  return (JSON.parse(await readFile(file, "utf8")) as { "child-pid": number })["child-pid"];
}

function failed(why: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError("environment/start-failed", `The sandbox did not start:\n${why}`, { cause });
}

async function said(log: string): Promise<string> {
  const lines = (await readFile(log, "utf8").catch(() => "")).trim();
  return lines === "" ? "its first process said nothing" : lines;
}

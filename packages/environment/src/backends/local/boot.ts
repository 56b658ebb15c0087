import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type LimitsConfig, sendInput, spawnProcess } from "@seer/config";
import { RpcError } from "@seer/rpc";
import {
  type BubblewrapOptions,
  bubblewrapArguments,
  connectNetwork,
  limitResources,
  type NetworkAccess,
} from "@seer/rpc/launch";
import { identify, type ProcessIdentity, signalProcess } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import { InitClient, type Lease } from "../../runtime/init-client.ts";
import { pythonSource } from "../../runtime/python-source.ts";
import type { EndReason } from "../../runtime/sandbox-instance.ts";
import { dialSocket } from "./dial-socket.ts";
import type { SandboxDirectories } from "./home.ts";

export interface BootOptions {
  /** Python executable of this machine. */
  python: string;
  directories: SandboxDirectories;
  /** What bubblewrap shows to the sandbox; undefined without isolation. */
  view: SandboxView | undefined;
  /** Allowed connections in the sandbox's own network; undefined if it shares this machine's network. */
  network: NetworkAccess | undefined;
  limits: LimitsConfig;
  /** The directory of `seer_init`, as a path inside the sandbox. */
  initSource: string;
  settings: InitSettings;
  /** Called with the new process's PID before any waiting. */
  onSpawned: (pid: number) => void;
  signal: AbortSignal | undefined;
}

export interface SandboxView extends Omit<BubblewrapOptions, "dieWithParent" | "workingDirectory"> {
  /** Seccomp filter; undefined if this machine does not support it. */
  filter: Buffer | undefined;
}

/** The class `Settings` in `seer_init/requests.py`. */
interface InitSettings {
  id: string;
  cwd: string;
  env: Record<string, string>;
  leaseMs: number;
  timeoutMs: number | null;
  /** The end reason to report after `timeoutMs`. */
  timeoutReason: EndReason;
  endReasonFile: string;
  adoptOrphans: boolean;
  hidden: boolean;
}

// The number of interfaces that a sandbox with its own network can serve without a relay.
const spareListeners = 8;
// The first file descriptor that launch.py gives to a spare listener.
const firstSpareListener = 6;

/** The processes whose end means that the sandbox has ended. */
export interface SandboxProcesses {
  /** The init process; all other processes end with it. */
  readonly init: ProcessIdentity;
  /** The bubblewrap around init; without isolation, init itself. */
  readonly outer: ProcessIdentity;
}

/** A started sandbox, with a lease held by this process. */
export interface BootedSandbox {
  readonly processes: SandboxProcesses;
  readonly client: InitClient;
  readonly lease: Lease;
}

/** Starts a sandbox's init process. From then on, the sandbox lives as long as its leases, not as long as this process. */
export async function boot(options: BootOptions): Promise<BootedSandbox> {
  const { directories } = options;
  const outer = await launch(options);
  const client = new InitClient(() => dialSocket(directories.socket));
  try {
    const lease = await client.acquireLease();
    const pid = await readPid(directories.initInfo);
    const init = identify(pid);
    if (init === undefined) throw new EnvironmentError("environment/ended", "The sandbox ended");
    const { network, limits, python, signal } = options;
    const limited = await limitResources(pid, options.settings.id, limits);
    void lease.ended.then(() => limited[Symbol.asyncDispose]());
    if (network !== undefined) {
      await connectNetwork(pid, network, { python, signal, ended: lease.ended });
    }
    return { processes: { init, outer }, client, lease };
  } catch (cause) {
    signalProcess(outer, "SIGKILL");
    options.signal?.throwIfAborted();
    if (isWithoutNetwork(cause)) throw cause;
    throw startFailed(await readInitLog(directories.initLog), cause);
  }
}

/** Whether a start failed because the sandbox cannot have its own network. */
export function isWithoutNetwork(error: unknown): boolean {
  return RpcError.isInstance(error) && error.code === "rpc/network-unavailable";
}

/** Returns as soon as the socket listens; init may not answer yet. */
async function launch({
  python,
  directories,
  view,
  network,
  initSource,
  settings,
  onSpawned,
}: BootOptions): Promise<ProcessIdentity> {
  const { socket, initInfo, initLog } = directories;
  const first = [python, "-I", "-S", "-B", `${initSource}/seer_init/__main__.py`, "4"];
  const reporter = view === undefined ? "self" : "command";
  const command = view === undefined ? first : [...bubblewrap(view), ...first];
  const spares = network === undefined ? 0 : spareListeners;
  const listeners = Array.from({ length: spares }, (_, index) => firstSpareListener + index);
  const script = join(pythonSource(), "seer_init", "launch.py");
  const log = await open(initLog, "a", 0o600);
  let child: ChildProcess;
  try {
    child = spawnProcess(python, ["-I", "-S", script, socket, initInfo, reporter, `${spares}`, ...command], {
      env: { PATH: process.env.PATH },
      stdio: ["pipe", log.fd, log.fd, "pipe", view?.filter === undefined ? "ignore" : "pipe"],
      detached: true,
    });
    if (view?.filter !== undefined) sendInput(child, 4, view.filter);
    if (child.pid !== undefined) onSpawned(child.pid);
  } finally {
    await log.close();
  }
  const spawnError = once(child, "error").then(([cause]) => {
    throw startFailed(`${python} cannot be started`, cause);
  });
  spawnError.catch(() => {});
  // If init fails to start, its log says why; the broken pipe does not.
  child.stdin?.on("error", () => {});
  // Sent on standard input, because other users can read a process's arguments and variables.
  child.stdin?.end(JSON.stringify({ ...settings, listeners }));
  child.unref();
  await Promise.race([text(child.stdio[3] as Readable), spawnError]);
  const outer = identify(child.pid ?? 0);
  if (outer === undefined) throw startFailed(await readInitLog(initLog));
  return outer;
}

function bubblewrap({ filter, ...view }: SandboxView): string[] {
  // Python imports from the working directory first, so the agent must not be able to write to it.
  const arguments_ = bubblewrapArguments({
    ...view,
    workingDirectory: "/",
    dieWithParent: false,
    seccompDescriptor: filter === undefined ? undefined : 5,
  });
  return ["bwrap", "--info-fd", "3", "--as-pid-1", ...arguments_, "--"];
}

async function readPid(file: string): Promise<number> {
  return (JSON.parse(await readFile(file, "utf8")) as { "child-pid": number })["child-pid"];
}

function startFailed(reason: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError("environment/start-failed", `The sandbox did not start:\n${reason}`, {
    cause,
  });
}

async function readInitLog(log: string): Promise<string> {
  const lines = (await readFile(log, "utf8").catch(() => "")).trim();
  return lines === "" ? "its init process wrote no log" : lines;
}

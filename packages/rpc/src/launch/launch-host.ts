import { randomBytes } from "node:crypto";
import { dirname, resolve } from "node:path";
import type { LimitsConfig } from "@seer/config";
import { anySignal, timeoutSignal } from "../connect/timer.ts";
import { RpcError } from "../errors.ts";
import { RpcClient } from "../rpc-client.ts";
import { lacksNetwork } from "./find-isolation.ts";
import { findPython, type PythonInterpreter } from "./find-python.ts";
import { scratchDirectory } from "./host-bubblewrap-options.ts";
import { type HostIsolation, type HostPaths, hostCommand, listenerDescriptor } from "./host-command.ts";
import { type HostExit, HostProcess } from "./host-process.ts";
import { limitResources } from "./limits/limit-resources.ts";
import { ChildPidFile } from "./network/child-pid.ts";
import { connectNetwork } from "./network/connect-network.ts";
import type { NetworkAccess } from "./network/network-access.ts";
import { openOutsideListener } from "./network/outside-listener.ts";

/** The configuration that a host reads from its standard input: see "Starting a host" in PROTOCOL.md. */
export interface HostOptions {
  file: string;
  name?: string | undefined;
  token: string;
  adminToken: string;
  address?: string | undefined;
  port?: number | undefined;
  listener?: number | undefined;
  allowedHosts?: readonly string[] | undefined;
  python?: string | undefined;
  models?: readonly { name: string; path: string }[] | undefined;
  path?: readonly string[] | undefined;
  log?: string | undefined;
  exitOnStdinClose?: boolean | undefined;
  /** A file that may contain the reason for ending the host; read after a signal, and reported to calls in flight. */
  endReasonFile?: string | undefined;
  secrets?: readonly string[] | undefined;
  limits?: HostLimits | undefined;
}

/** Limits of size and time of a host; see PROTOCOL.md for the defaults. */
export interface HostLimits {
  /** How many calls may wait. */
  queue?: number | undefined;
  connections?: number | undefined;
  /** The maximum size of a request or a result. */
  messageBytes?: number | undefined;
  /** The memory for all large requests together. */
  receivedBytes?: number | undefined;
  /** How long the records of ended calls are kept, and their total size. */
  keptMs?: number | undefined;
  keptBytes?: number | undefined;
  /** How much of one call's output is kept. */
  outputBytes?: number | undefined;
  /** How long a cancelled call may take to end before its worker is killed. */
  graceMs?: number | undefined;
  requestMs?: number | undefined;
  idleMs?: number | undefined;
  /** How long a WebSocket may be silent before it is pinged. */
  quietMs?: number | undefined;
  logBytes?: number | undefined;
}

export interface LaunchOptions {
  /** The interface file. */
  file: string;
  /** The name of the interface; the file's stem by default. */
  name?: string | undefined;
  /** The interpreter that runs the file, or how `findPython` finds it. */
  python?: string | PythonInterpreter | undefined;
  /** The working directory; by default that of the file, or with isolation a temporary one. */
  cwd?: string | undefined;
  /** Added to the host's environment, which has only variables of this process that contain no secrets. */
  env?: Readonly<Record<string, string>> | undefined;
  /** The models for `get_model_path` and `list_configured_models`. */
  models?: readonly { name: string; path: string }[] | undefined;
  /** Directories for the file's imports, in addition to its own. */
  path?: readonly string[] | undefined;
  /** Strings to mask in logs and error reports. */
  secrets?: readonly string[] | undefined;
  /** The log file. */
  log?: string | undefined;
  limits?: HostLimits | undefined;
  /** Runs the host inside bubblewrap; all paths in these options are then paths inside. @default { kind: "none" } */
  isolation?: HostIsolation | undefined;
  /** Limits for the host and all processes that it starts; none by default. */
  resources?: LimitsConfig | undefined;
  /** Cancels the start. */
  signal?: AbortSignal | undefined;
  /** How long the host may take to open its port; the file is loaded after that. @default 30_000 */
  timeoutMs?: number | undefined;
  /** Receives what the supervisor itself writes to standard error; the output of functions is in the log. */
  onLog?: ((text: string) => void) | undefined;
}

/** A host that was started by this process, and stops when this process ends. */
export interface LaunchedHost extends AsyncDisposable {
  readonly url: string;
  /** The token for calling. */
  readonly token: string;
  /** The token for calling, logs, restart and shutdown. */
  readonly adminToken: string;
  /** The process to signal: the supervisor, or the bubblewrap around it. */
  readonly pid: number;
  /** Resolves when the host has ended. */
  readonly exited: Promise<HostExit>;
  /** Opens a connection with the admin token; the caller must close it. */
  client(options?: { signal?: AbortSignal | undefined }): Promise<RpcClient>;
  /** Ends the host and all processes that it started. */
  close(): Promise<void>;
}

// A host that has not opened its port has nothing to clean up.
const failedGraceMs = 500;

/**
 * Starts a host for an interface file as a child of this process. When this returns, its port is open and its file is
 * still loading: `client.describe()` waits for that.
 *
 * If a separate network is unavailable and `isolation.network` allows the internet, the host shares this machine's
 * network, and a warning goes to `onLog` or else to standard error.
 *
 * @throws RpcError `rpc/no-python`, `rpc/host-failed`, `rpc/network-unavailable` or `rpc/cancelled`
 */
export async function launchHost(options: LaunchOptions): Promise<LaunchedHost> {
  const { signal, isolation = { kind: "none" } } = options;
  const network = networkOf(isolation);
  try {
    return await startHost(options, network);
  } catch (error) {
    if (signal?.aborted)
      throw new RpcError("rpc/cancelled", "Starting the host was cancelled", { cause: error });
    const isLackingNetwork = RpcError.isInstance(error) && error.code === "rpc/network-unavailable";
    if (network?.internet !== true || !isLackingNetwork) throw error;
    const report = options.onLog ?? ((text: string) => process.stderr.write(text));
    report(
      `seer: ${error.message}; the host shares this machine's network, including the services on its loopback\n`,
    );
    return await startHost(options);
  }
}

function networkOf(isolation: HostIsolation): NetworkAccess | undefined {
  const { kind, network } = isolation;
  if (kind === "none") return undefined;
  if (network !== undefined) return network;
  return lacksNetwork(isolation) ? undefined : { internet: true, ports: [] };
}

const defaultTimeoutMs = 30_000;

/** Starts a host, in its own network if `network` is given; it can be called in both cases. */
async function startHost(options: LaunchOptions, network?: NetworkAccess): Promise<LaunchedHost> {
  const { signal, timeoutMs = defaultTimeoutMs, isolation = { kind: "none" }, resources } = options;
  const python =
    typeof options.python === "object"
      ? options.python
      : await findPython({ python: options.python, signal });
  const paths = absolutePaths(options);
  using listener = network === undefined ? undefined : await openOutsideListener();
  await using childPid = isolation.kind === "none" ? undefined : await ChildPidFile.open();
  const command = await hostCommand({
    python,
    isolation,
    paths,
    env: options.env ?? {},
    temporaryMiB: resources?.diskMiB,
    listener: listener?.descriptor,
    childPid: childPid?.descriptor,
  });
  const token = randomBytes(32).toString("base64url");
  const adminToken = randomBytes(32).toString("base64url");
  const { file, path, models, log } = paths;
  const { name, secrets, limits } = options;
  const config: HostOptions = {
    file,
    name,
    path,
    models,
    log,
    secrets,
    limits,
    token,
    adminToken,
    listener: listener === undefined ? undefined : listenerDescriptor,
    exitOnStdinClose: true,
  };

  const host = new HostProcess(command, options.onLog);
  let port: number;
  try {
    // Set limits before sending the configuration, because the host starts other processes after that.
    const pid = childPid === undefined ? host.pid : await readChildPid(childPid, host, { signal, timeoutMs });
    // Without a PID, bubblewrap has failed, and `host.start` reports why.
    if (pid !== undefined && pid > 0) {
      if (resources !== undefined) {
        const inForce = await limitResources(pid, randomBytes(6).toString("hex"), resources);
        host.exited.then(() => inForce[Symbol.asyncDispose]());
      }
      host.openGate();
      if (network !== undefined) {
        const own = (await findPython({ signal })).executable;
        await connectNetwork(pid, network, { python: own, signal, ended: host.exited });
      }
    }
    port = await host.start(JSON.stringify(config), { signal, timeoutMs });
  } catch (error) {
    await host.close(failedGraceMs);
    throw error;
  }
  const url = `http://127.0.0.1:${port}`;
  const close = () => host.close();
  return {
    url,
    token,
    adminToken,
    pid: host.pid,
    exited: host.exited,
    client: ({ signal } = {}) => RpcClient.connect({ url, token: adminToken, signal }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function readChildPid(
  file: ChildPidFile,
  { exited }: HostProcess,
  { signal, timeoutMs }: { signal: AbortSignal | undefined; timeoutMs: number },
): Promise<number | undefined> {
  const ended = new AbortController();
  exited.then(() => ended.abort());
  return await file.read(anySignal(signal, ended.signal, timeoutSignal(timeoutMs)));
}

function absolutePaths({ file, cwd, path = [], models = [], log, isolation }: LaunchOptions): HostPaths {
  const absolute = resolve(file);
  const defaultCwd = isolation?.kind === "bubblewrap" ? scratchDirectory : dirname(absolute);
  return {
    file: absolute,
    cwd: resolve(cwd ?? defaultCwd),
    path: path.map((entry) => resolve(entry)),
    models: models.map((model) => ({ ...model, path: resolve(model.path) })),
    log: log === undefined ? undefined : resolve(log),
  };
}

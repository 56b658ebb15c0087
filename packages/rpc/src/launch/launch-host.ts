import { randomBytes } from "node:crypto";
import { dirname, resolve } from "node:path";
import { RpcError } from "../errors.ts";
import { RpcClient } from "../rpc-client.ts";
import { findPython } from "./find-python.ts";
import { type HostIsolation, type HostPaths, hostCommand } from "./host-command.ts";
import { type HostExit, HostProcess } from "./host-process.ts";
import { scratchDirectory } from "./host-view.ts";

/** What a host reads from its standard input: "Starting a host" in PROTOCOL.md. */
export interface HostOptions {
  file: string;
  name?: string | undefined;
  token: string;
  adminToken: string;
  address?: string | undefined;
  port?: number | undefined;
  allowedHosts?: readonly string[] | undefined;
  python?: string | undefined;
  models?: readonly { name: string; path: string }[] | undefined;
  path?: readonly string[] | undefined;
  log?: string | undefined;
  lifeline?: boolean | undefined;
  secrets?: readonly string[] | undefined;
  limits?: HostLimits | undefined;
}

/** Sizes and times at which a host refuses, drops or kills; PROTOCOL.md has the defaults. */
export interface HostLimits {
  /** Calls that may wait. */
  queue?: number | undefined;
  connections?: number | undefined;
  /** Size of a request, and of a result. */
  messageBytes?: number | undefined;
  /** How long, and how much of, the records of ended calls are kept. */
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
  /** What to call the interface; the file's stem when absent. */
  name?: string | undefined;
  /** The interpreter that runs the file; `findPython` says which one when absent. */
  python?: string | undefined;
  /** Working directory; the file's own when absent, and with isolation a temporary one. */
  cwd?: string | undefined;
  /** Added to the little of this process's environment that the host gets: no variable that might hold a secret. */
  env?: Readonly<Record<string, string>> | undefined;
  /** What `get_model_path` and `list_configured_models` answer. */
  models?: readonly { name: string; path: string }[] | undefined;
  /** Directories for the file's imports, after its own. */
  path?: readonly string[] | undefined;
  /** Texts to mask in everything that the host logs or reports. */
  secrets?: readonly string[] | undefined;
  /** The log file. */
  log?: string | undefined;
  limits?: HostLimits | undefined;
  /** Runs the host inside bubblewrap; all paths of these options are then those inside. @default { kind: "none" } */
  isolation?: HostIsolation | undefined;
  /** Ends the start. */
  signal?: AbortSignal | undefined;
  /** How long the host's port may take to open; loading the file comes after that. @default 30_000 */
  timeoutMs?: number | undefined;
  /** Gets what the supervisor itself writes to standard error; the functions' own output is in the log. */
  onLog?: ((text: string) => void) | undefined;
}

/** A host that this process started, and that ends with it at the latest. */
export interface LaunchedHost extends AsyncDisposable {
  readonly url: string;
  /** The token for calling. */
  readonly token: string;
  /** The token for calling, logs, restart and shutdown. */
  readonly adminToken: string;
  /** The process to signal: the supervisor, or the bubblewrap around it. */
  readonly pid: number;
  /** Settles when the host has ended, for whatever reason. */
  readonly exited: Promise<HostExit>;
  /** Opens a connection with the admin token; it is the caller's to close. */
  client(options?: { signal?: AbortSignal | undefined }): Promise<RpcClient>;
  /** Ends the host and everything it started. */
  close(): Promise<void>;
}

// A host that never opened its port has nothing to put in order.
const failedGraceMs = 500;

/**
 * Starts a host for an interface file as a child of this process. Its port is open when this returns, and its file
 * still loading: `client.describe()` waits for that.
 *
 * @throws RpcError `rpc/no-python`, `rpc/host-failed` or `rpc/cancelled`
 */
export async function launchHost(options: LaunchOptions): Promise<LaunchedHost> {
  const { signal, timeoutMs = 30_000, isolation = { kind: "none" } } = options;
  const python = await findPython({ python: options.python, signal });
  const paths = absolutePaths(options);
  const command = await hostCommand({ python, isolation, paths, env: options.env ?? {} });
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
    lifeline: true,
  };

  const host = new HostProcess(command, options.onLog);
  let port: number;
  try {
    port = await host.start(JSON.stringify(config), { signal, timeoutMs });
  } catch (error) {
    await host.close(failedGraceMs);
    if (signal?.aborted)
      throw new RpcError("rpc/cancelled", "Starting the host was cancelled", { cause: error });
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

function absolutePaths({ file, cwd, path = [], models = [], log, isolation }: LaunchOptions): HostPaths {
  const absolute = resolve(file);
  const workplace = isolation?.kind === "bubblewrap" ? scratchDirectory : dirname(absolute);
  return {
    file: absolute,
    cwd: resolve(cwd ?? workplace),
    path: path.map((entry) => resolve(entry)),
    models: models.map((model) => ({ ...model, path: resolve(model.path) })),
    log: log === undefined ? undefined : resolve(log),
  };
}

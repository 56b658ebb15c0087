import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  type ExecOptions,
  type ExecResult,
  type ModelHandle,
  type Progress,
  parseSandboxConfig,
  type RepoHandle,
  type SandboxConfig,
  type SandboxConfigInput,
  type SandboxHandle,
} from "@seer/config";
import type { Workspace } from "@seer/workspace";
import type {
  EndReason,
  IsolationChoice,
  Machine,
  MachineCommand,
  SandboxInfo,
  SandboxState,
} from "../backends/backend.ts";
import { runtimePaths } from "../backends/runtime-paths.ts";
import { availableBackends, selectBackend } from "../backends/select-backend.ts";
import { uploadFile } from "../backends/upload.ts";
import { EnvironmentError, type ExecError } from "../errors.ts";
import { buildPlan, destination } from "../plan/build-plan.ts";
import type { Plan } from "../plan/plan.ts";
import { type Mask, maskFor } from "../secrets/mask.ts";
import { knownSecrets, resolveSecrets } from "../secrets/resolve-secrets.ts";
import { checkSupported, unsupported } from "./check-supported.ts";
import { endWithProcess, forget } from "./ending.ts";
import { execFailure } from "./exec-failure.ts";
import { type CommandResult, type RunLimits, runCommand } from "./run-command.ts";
import { checkSandboxName } from "./sandbox-name.ts";

export interface SandboxOptions {
  /** Reports what slow work is doing. */
  onProgress?: Progress | undefined;
  /** How the sandbox is kept from this machine. @default "auto" */
  isolation?: IsolationChoice | undefined;
}

export interface StartOptions {
  /** A name to find it by, unique among running sandboxes; its id when absent. */
  name?: string | undefined;
  /** Ends the start, and what there is of the sandbox. */
  signal?: AbortSignal | undefined;
}

export interface RunOptions extends ExecOptions, Pick<RunLimits, "onStdout" | "onStderr"> {
  stdin?: string | Uint8Array | undefined;
}

export interface TerminateOptions {
  saveSnapshot?: boolean | undefined;
  snapshotDescription?: string | undefined;
}

/**
 * An environment for an agent. It lives until it is terminated, its time is over, or the process that started it ends.
 *
 * @example
 * await using sandbox = await new Sandbox({ pythonPackages: ["numpy"] }).start();
 * console.log(await sandbox.execPython("import numpy; print(numpy.__version__)"));
 */
export class Sandbox implements SandboxHandle, AsyncDisposable {
  protected readonly report: Progress;
  /** Paths in the sandbox where the user has put files. */
  protected readonly uploaded = new Set<string>();
  readonly #config: SandboxConfig;
  readonly #isolation: IsolationChoice;
  #machine: Machine | undefined;
  #starting: { abort: AbortController; settled: Promise<unknown> } | undefined;
  #isOwner = true;
  #secrets: Readonly<Record<string, string>> = {};
  #mask: Mask = (text) => text;

  /** @throws SeerError `config/invalid` */
  constructor(config: SandboxConfigInput = {}, { onProgress, isolation = "auto" }: SandboxOptions = {}) {
    this.#config = parseSandboxConfig(config);
    this.#isolation = isolation;
    this.report = (message) => onProgress?.(this.#mask(message));
  }

  /** Takes up a running sandbox, also another process's, by its id or name; disposing of it then only lets go of it. */
  static async fromId(idOrName: string, options: SandboxOptions = {}): Promise<Sandbox> {
    const sandbox = new Sandbox({}, options);
    await sandbox.takeUp(idOrName);
    return sandbox;
  }

  /** The sandboxes of this user that are alive. */
  static async list(): Promise<SandboxInfo[]> {
    const backends = await Promise.all(availableBackends.map(selectBackend));
    return (await Promise.all(backends.map((backend) => backend.list()))).flat();
  }

  /** @throws EnvironmentError `environment/unsupported`, in this release */
  static async fromSnapshot(_snapshot: string, _config?: SandboxConfigInput): Promise<Sandbox> {
    throw unsupported("`Sandbox.fromSnapshot`");
  }

  /** Makes the sandbox; what fails leaves nothing behind. */
  async start(options: StartOptions = {}): Promise<this> {
    await this.startAs("sandbox", options);
    return this;
  }

  get sandboxId(): string {
    return this.machine.state.id;
  }

  get name(): string {
    return this.machine.state.name;
  }

  /** What keeps it from this machine, and when nothing does, why. */
  get isolation(): SandboxState["isolation"] {
    return this.machine.state.isolation;
  }

  get modelHandles(): readonly ModelHandle[] {
    return this.machine.state.models;
  }

  get repoHandles(): readonly RepoHandle[] {
    return this.machine.state.repos;
  }

  /** The Jupyter server; none runs in this release. */
  get jupyterUrl(): string | undefined {
    return undefined;
  }

  /** The code-server of debug mode; none runs in this release. */
  get codeServerUrl(): string | undefined {
    return undefined;
  }

  /** Modal's own object, when the sandbox runs there. */
  get modalSandbox(): unknown {
    return undefined;
  }

  /**
   * Runs a shell command and returns what it printed, stdout and stderr together.
   *
   * @throws ExecError `environment/exec-failed` or `environment/exec-timeout`
   */
  async exec(command: string, options: ExecOptions = {}): Promise<string> {
    return await this.#execute(command, { argv: shell(command), merge: true }, options);
  }

  /**
   * Runs Python code in a fresh interpreter of the sandbox and returns what it printed.
   *
   * @throws ExecError `environment/exec-failed` or `environment/exec-timeout`
   */
  async execPython(code: string, options: ExecOptions = {}): Promise<string> {
    // Unbuffered, so that stdout and stderr come in the order of writing.
    const argv = [this.machine.realPath(runtimePaths.python), "-u", "-"];
    return await this.#execute(code, { argv, merge: true, stdin: code }, options);
  }

  /**
   * Runs a shell command, or a program with its arguments, streams its output and gives its exit code, whatever that is.
   *
   * @throws ExecError `environment/exec-timeout`
   */
  async run(command: string | readonly string[], options: RunOptions = {}): Promise<ExecResult> {
    const argv = typeof command === "string" ? shell(command) : command;
    const { stdin, cwd, env, ...limits } = options;
    const result = await this.guard((machine) => runCommand(machine, { argv, stdin, cwd, env }, limits));
    const { exitCode, ...output } = result;
    if (exitCode === undefined) throw this.#failure(argv.join(" "), result, options);
    return { exitCode, ...output };
  }

  /** Writes a file; relative paths are those of the workspace. */
  async writeFile(path: string, content: string | Uint8Array): Promise<void> {
    await this.guard((machine) => machine.writeFile(path, content));
  }

  /** @throws EnvironmentError `environment/file-failed` */
  async readFile(path: string): Promise<Uint8Array> {
    return await this.guard((machine) => machine.readFile(path));
  }

  /** Makes a directory and those above it; one that is there is no error. */
  async ensureDir(path: string): Promise<void> {
    await this.guard((machine) => machine.ensureDir(path));
  }

  /**
   * Copies a file of this machine into the sandbox, beside the interface files when no path is given.
   *
   * @throws EnvironmentError `environment/local-path-missing`
   */
  async uploadFile(localPath: string, sandboxPath = "./"): Promise<void> {
    const from = resolve(localPath);
    const found = await stat(from).catch(() => undefined);
    if (!found?.isFile()) {
      const problem = found === undefined ? "does not exist" : "is not a file";
      throw new EnvironmentError("environment/local-path-missing", `${from} ${problem}`, {
        hint: found === undefined ? undefined : "Directories go into `localDirs`.",
      });
    }
    const to = destination(from, sandboxPath);
    await this.guard((machine) => uploadFile(machine, from, to));
    this.uploaded.add(to);
  }

  /** @throws EnvironmentError `environment/unsupported`, in this release */
  async snapshot(_description?: string): Promise<string> {
    throw unsupported("`snapshot`");
  }

  /** Ends the sandbox with everything in it; its files are gone afterwards. May be called at any time, and twice. */
  async terminate({ saveSnapshot = false }: TerminateOptions = {}): Promise<void> {
    if (saveSnapshot) throw unsupported("`saveSnapshot`");
    this.#starting?.abort.abort(
      new EnvironmentError("environment/ended", "The sandbox was terminated as it started"),
    );
    await this.#starting?.settled.catch(() => {});
    await this.#machine?.terminate();
    if (this.#machine !== undefined) forget(this.#machine);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOwner) await this.terminate();
    else this.#machine?.release();
  }

  /** @throws EnvironmentError `environment/not-started` */
  protected get machine(): Machine {
    if (this.#machine !== undefined) return this.#machine;
    throw new EnvironmentError("environment/not-started", "The sandbox has not been started", {
      hint: "Call `await sandbox.start()` first.",
    });
  }

  protected get secretValues(): readonly string[] {
    return Object.values(this.#secrets);
  }

  protected async startAs(
    kind: Plan["kind"],
    { name, signal, workspace }: StartOptions & { workspace?: Workspace | undefined },
  ): Promise<void> {
    if (this.#starting !== undefined || this.#machine !== undefined) {
      throw new EnvironmentError("environment/already-started", "The sandbox was started before", {
        hint: "Make a new one to start another.",
      });
    }
    const abort = new AbortController();
    const either = signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal]);
    const settled = this.#start(kind, { name, workspace, signal: either });
    this.#starting = { abort, settled };
    try {
      this.#machine = await settled;
    } finally {
      this.#starting = undefined;
    }
  }

  protected async takeUp(idOrName: string): Promise<void> {
    this.#isOwner = false;
    this.#machine = await (await selectBackend("local")).attach(idOrName);
    this.#useSecrets(await knownSecrets(this.#machine.state.secrets));
  }

  /** Does something with the machine; if it has ended, the error says why. */
  protected async guard<T>(work: (machine: Machine) => Promise<T>): Promise<T> {
    const { machine } = this;
    try {
      return await work(machine);
    } catch (error) {
      if (!(error instanceof EnvironmentError && error.code === "environment/ended")) throw error;
      const reason = await Promise.race([machine.ended, delay(explainMs, "lost" as const, { ref: false })]);
      throw new EnvironmentError(
        "environment/ended",
        `The sandbox ${this.name} has ended: ${reasons[reason]}`,
        {
          cause: error,
        },
      );
    }
  }

  async #start(
    kind: Plan["kind"],
    {
      name,
      workspace,
      signal,
    }: { name: string | undefined; workspace: Workspace | undefined; signal: AbortSignal },
  ): Promise<Machine> {
    if (name !== undefined) checkSandboxName(name);
    checkSupported(this.#config);
    const plan = buildPlan(this.#config, { kind, workspace });
    const backend = await selectBackend(plan.backend);
    const secrets = await resolveSecrets(this.#config.secrets);
    this.#useSecrets(secrets);
    for (const step of plan.steps) if (step.kind === "file") this.uploaded.add(step.to);
    signal.throwIfAborted();
    return await backend.start(plan, {
      name,
      secrets,
      workspace,
      signal,
      isolation: this.#isolation,
      onMachine: endWithProcess,
      onProgress: this.report,
    });
  }

  #useSecrets(secrets: Readonly<Record<string, string>>): void {
    this.#secrets = secrets;
    this.#mask = maskFor(secrets);
  }

  async #execute(
    text: string,
    command: Pick<MachineCommand, "argv" | "merge" | "stdin">,
    { cwd, env, ...limits }: ExecOptions,
  ): Promise<string> {
    const result = await this.guard((machine) => runCommand(machine, { ...command, cwd, env }, limits));
    if (result.exitCode !== 0) throw this.#failure(text, result, limits);
    return result.stdout;
  }

  #failure(
    command: string,
    result: CommandResult,
    { timeoutMs }: { timeoutMs?: number | undefined },
  ): ExecError {
    return execFailure(command, result, { timeoutMs, mask: this.#mask });
  }
}

const reasons: Readonly<Record<EndReason, string>> = {
  terminated: "it was terminated",
  timeout: "its time, `timeoutMs`, was over",
  "owner-gone": "nobody held it any more",
  lost: "its processes are gone",
};

// Its processes may take this long to end, before which it cannot say why.
const explainMs = 5000;

function shell(command: string): string[] {
  return ["bash", "-c", command];
}

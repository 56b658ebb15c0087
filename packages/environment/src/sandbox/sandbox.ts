import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import {
  type ExecOptions,
  type ExecResult,
  type ModelHandle,
  parseSandboxConfig,
  type RepoHandle,
  type SandboxConfigInput,
  type SandboxHandle,
  SeerError,
} from "@seer/config";
import { type ListOptions, listAll } from "../backends/select-backend.ts";
import { EnvironmentError, type EnvironmentErrorCode, type ExecError } from "../errors.ts";
import { withIdle } from "../idle/idle-records.ts";
import { destination } from "../plan/build-plan.ts";
import { type CommandResult, runCommand } from "../runtime/run-command.ts";
import { runtimePaths } from "../runtime/runtime-paths.ts";
import type { InstanceCommand, SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { SandboxInfo, SandboxState } from "../runtime/sandbox-state.ts";
import { listSnapshotRecords } from "../runtime/snapshot-store.ts";
import { uploadFile } from "../runtime/upload.ts";
import { findService, jupyterUrl } from "../services/find-service.ts";
import { findSnapshot, type Snapshot, snapshotOf, useSnapshot } from "../snapshots/snapshot.ts";
import { configFor } from "../snapshots/snapshot-config.ts";
import { removeSnapshot } from "../snapshots/take-snapshot.ts";
import { checkCommand, checkContent, checkOptions, checkPath, checkText } from "./check-arguments.ts";
import { execFailure } from "./exec-failure.ts";
import type {
  FromSnapshotOptions,
  RunOptions,
  SandboxOptions,
  SnapshotOptions,
  StartOptions,
  TerminateOptions,
} from "./options.ts";
import { SandboxLifecycle } from "./sandbox-lifecycle.ts";

/**
 * The sandbox object of Modal's SDK. It can be cast to `Sandbox` of `modal`. That type is not used here because the
 * SDK's declarations do not compile with `skipLibCheck: false`.
 */
export interface ModalSandbox {
  readonly sandboxId: string;
}

/**
 * An environment for an agent. It runs until it is terminated, reaches its time limit, or its process ends.
 *
 * @example
 * await using sandbox = await new Sandbox({ pythonPackages: ["numpy"] }).start();
 * console.log(await sandbox.execPython("import numpy; print(numpy.__version__)"));
 */
export class Sandbox implements SandboxHandle, AsyncDisposable {
  protected readonly lifecycle: SandboxLifecycle;

  /** @throws SeerError `config/invalid` */
  constructor(config: SandboxConfigInput = {}, options: SandboxOptions = {}) {
    this.lifecycle = new SandboxLifecycle(parseSandboxConfig(config), options);
  }

  /** Attaches to a running sandbox by its ID or name, also to one of another process. Disposing of it only detaches. */
  static async fromId(idOrName: string, options: SandboxOptions = {}): Promise<Sandbox> {
    const sandbox = new Sandbox({}, options);
    await sandbox.lifecycle.attach(idOrName);
    return sandbox;
  }

  /**
   * Lists this user's sandboxes on this machine, and on Modal if an account is configured.
   *
   * @throws EnvironmentError `environment/backend-unreachable`
   */
  static async list(options: ListOptions = {}): Promise<SandboxInfo[]> {
    return await withIdle(await listAll(options));
  }

  /**
   * Starts a sandbox with the files of a snapshot. Uses the configuration of the snapshot's sandbox unless `config` is
   * given. Secrets, models and packages are resolved again; processes of the old sandbox are not restored.
   *
   * @throws EnvironmentError `environment/snapshot-not-found`
   */
  static async fromSnapshot(
    snapshot: Pick<Snapshot, "id"> | string,
    config?: SandboxConfigInput,
    { name, signal, ...options }: FromSnapshotOptions = {},
  ): Promise<Sandbox> {
    const from = await useSnapshot(snapshot);
    const sandbox = new Sandbox(configFor(from, config), options);
    await sandbox.lifecycle.start({ kind: "sandbox", name, signal, from });
    return sandbox;
  }

  /** Lists all snapshots, oldest first. Snapshots are kept until they are removed. */
  static async listSnapshots(): Promise<Snapshot[]> {
    return (await listSnapshotRecords()).map(snapshotOf);
  }

  /** @throws EnvironmentError `environment/snapshot-not-found` */
  static async removeSnapshot(snapshot: Pick<Snapshot, "id"> | string): Promise<void> {
    await removeSnapshot(await findSnapshot(snapshot));
  }

  /** Starts the sandbox. A failed start leaves nothing behind. */
  async start(options: StartOptions = {}): Promise<this> {
    await this.lifecycle.start({ ...options, kind: "sandbox" });
    return this;
  }

  get sandboxId(): string {
    return this.lifecycle.sandboxId;
  }

  /** Resolves when the sandbox has ended, with an error that says why. */
  get ended(): Promise<EnvironmentError> {
    return this.lifecycle.ended;
  }

  get name(): string {
    return this.lifecycle.instance.state.name;
  }

  /** How it is isolated from this machine, or why it is not. */
  get isolation(): SandboxState["isolation"] {
    return this.lifecycle.instance.state.isolation;
  }

  get modelHandles(): readonly ModelHandle[] {
    return this.lifecycle.instance.state.models;
  }

  get repoHandles(): readonly RepoHandle[] {
    return this.lifecycle.instance.state.repos;
  }

  /** URL of the Jupyter server with its token: `http://…/?token=…`. Undefined with `executionMode: "cli"`. */
  get jupyterUrl(): string | undefined {
    return jupyterUrl(this.lifecycle.instance.state);
  }

  /** URL of code-server; undefined without `debug: true`. */
  get codeServerUrl(): string | undefined {
    return findService(this.lifecycle.instance.state, "code-server")?.url;
  }

  /** Password of code-server. */
  get codeServerPassword(): string | undefined {
    return findService(this.lifecycle.instance.state, "code-server")?.secret;
  }

  /** The sandbox object of Modal's SDK; undefined on other backends. */
  get modalSandbox(): ModalSandbox | undefined {
    return this.lifecycle.instance.native as ModalSandbox | undefined;
  }

  /**
   * Runs a shell command and returns its output, stdout and stderr together.
   *
   * @throws ExecError `environment/exec-failed` or `environment/exec-timeout`
   */
  async exec(command: string, options: ExecOptions = {}): Promise<string> {
    checkCommand(command);
    return await this.#execute(command, () => shell(command), options);
  }

  /**
   * Runs Python code in a new interpreter of the sandbox and returns its output.
   *
   * @throws ExecError `environment/exec-failed` or `environment/exec-timeout`
   */
  async execPython(code: string, options: ExecOptions = {}): Promise<string> {
    checkText("code", code);
    // Unbuffered, so that stdout and stderr keep their order.
    const argv = (instance: SandboxInstance) => [instance.realPath(runtimePaths.python), "-u", "-"];
    return await this.#execute(code, (instance) => ({ argv: argv(instance), stdin: code }), options);
  }

  /**
   * Runs a shell command, or a program with arguments. Streams its output, and returns its exit code without throwing.
   *
   * @throws ExecError `environment/exec-timeout`
   */
  async run(command: string | readonly string[], options: RunOptions = {}): Promise<ExecResult> {
    checkCommand(command);
    checkOptions(options);
    const program = typeof command === "string" ? shell(command) : { argv: command };
    const { stdin, cwd, env, ...limits } = options;
    const result = await this.lifecycle.guard(
      (instance) => runCommand(instance, { ...program, stdin, cwd, env }, limits),
      limits.signal,
    );
    const { exitCode, ...output } = result;
    const text = typeof command === "string" ? command : command.join(" ");
    if (exitCode === undefined) throw this.#failure(text, result, options);
    return { exitCode, ...output };
  }

  /** Writes a file. Relative paths start at the workspace. */
  async writeFile(path: string, content: string | Uint8Array): Promise<void> {
    checkPath("path", path);
    checkContent("content", content);
    await this.lifecycle.guard((instance) => instance.writeFile(path, content));
  }

  /** @throws EnvironmentError `environment/file-failed` */
  async readFile(path: string): Promise<Uint8Array> {
    checkPath("path", path);
    return await this.lifecycle.guard((instance) => instance.readFile(path));
  }

  /** Creates a directory and its parents. Does nothing if it exists. */
  async ensureDir(path: string): Promise<void> {
    checkPath("path", path);
    await this.lifecycle.guard((instance) => instance.ensureDir(path));
  }

  /**
   * Copies a file of this machine into the sandbox, by default into the workspace.
   *
   * @throws EnvironmentError `environment/local-path-missing`
   */
  async uploadFile(localPath: string, sandboxPath = "./"): Promise<void> {
    checkPath("localPath", localPath);
    checkPath("sandboxPath", sandboxPath);
    const from = resolve(localPath);
    const found = await stat(from).catch(() => undefined);
    if (!found?.isFile()) {
      const problem = found === undefined ? "does not exist" : "is not a file";
      throw new EnvironmentError("environment/local-path-missing", `${from} ${problem}`, {
        hint: found === undefined ? undefined : "Use `localDirs` for directories.",
      });
    }
    const to = destination(from, sandboxPath);
    await this.lifecycle.guard((instance) => uploadFile(instance, from, to));
    this.lifecycle.uploaded.add(to);
    this.lifecycle.uploads.set(to, from);
  }

  /**
   * Takes a snapshot of the sandbox's files while its processes continue. A file that changes meanwhile may be saved in
   * any state that it has in this time.
   *
   * @throws EnvironmentError `environment/snapshot-failed` or `environment/disk-full`; then no snapshot is left behind
   */
  async snapshot(description = "", options: SnapshotOptions = {}): Promise<Snapshot> {
    return await this.lifecycle.snapshot(description, options);
  }

  /**
   * Ends the sandbox and deletes its files. May be called at any time, and more than once. If a requested snapshot
   * fails, the sandbox keeps running, so that its files are not lost.
   */
  async terminate(options: TerminateOptions & { saveSnapshot: true }): Promise<Snapshot>;
  async terminate(options?: TerminateOptions & { saveSnapshot?: false | undefined }): Promise<undefined>;
  async terminate(options?: TerminateOptions): Promise<Snapshot | undefined>;
  async terminate({
    saveSnapshot,
    snapshotDescription,
  }: TerminateOptions = {}): Promise<Snapshot | undefined> {
    const snapshot = saveSnapshot ? await this.#lastSnapshot(snapshotDescription) : undefined;
    await this.lifecycle.terminate();
    return snapshot;
  }

  async #lastSnapshot(description = ""): Promise<Snapshot> {
    try {
      return await this.lifecycle.snapshot(description);
    } catch (error) {
      if (!SeerError.isInstance(error)) throw error;
      const code = error.code as EnvironmentErrorCode;
      if (code === "environment/ended" || code === "environment/not-started") throw error;
      throw new EnvironmentError(code, `${error.message}. The sandbox still runs.`, {
        hint: `${error.hint ?? ""} \`terminate()\` without \`saveSnapshot\` ends it and deletes its files.`.trim(),
        cause: error,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lifecycle.dispose();
  }

  async #execute(
    text: string,
    command: (instance: SandboxInstance) => InstanceCommand,
    { cwd, env, ...limits }: ExecOptions,
  ): Promise<string> {
    checkOptions({ cwd, env, ...limits });
    const result = await this.lifecycle.guard(
      (instance) => runCommand(instance, { ...command(instance), merge: true, cwd, env }, limits),
      limits.signal,
    );
    if (result.exitCode !== 0) throw this.#failure(text, result, limits);
    return result.stdout;
  }

  #failure(
    command: string,
    result: CommandResult,
    { timeoutMs }: { timeoutMs?: number | undefined },
  ): ExecError {
    return execFailure(command, result, { timeoutMs, mask: this.lifecycle.mask });
  }
}

// An argument is limited to 128 KiB on most systems; longer scripts are passed in a file.
const maxArgumentLength = 96 * 1024;

function shell(command: string): InstanceCommand {
  const isLong = Buffer.byteLength(command) > maxArgumentLength;
  return isLong ? { script: command } : { argv: ["bash", "-c", command] };
}

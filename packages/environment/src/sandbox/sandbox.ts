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
} from "@seer/config";
import type { Sandbox as ModalSandbox } from "modal";
import type { Machine, MachineCommand, SandboxInfo, SandboxState } from "../backends/backend.ts";
import { runtimePaths } from "../backends/runtime-paths.ts";
import { type ListOptions, listAll } from "../backends/select-backend.ts";
import { uploadFile } from "../backends/upload.ts";
import { EnvironmentError, type ExecError } from "../errors.ts";
import { withIdle } from "../idle/idle-records.ts";
import { destination } from "../plan/build-plan.ts";
import { findService, jupyterUrl } from "../services/find-service.ts";
import { findSnapshot } from "../snapshots/find-snapshot.ts";
import { type Snapshot, snapshotOf } from "../snapshots/snapshot.ts";
import { configFor } from "../snapshots/snapshot-config.ts";
import { listSnapshotRecords } from "../snapshots/snapshot-store.ts";
import { removeSnapshot } from "../snapshots/take-snapshot.ts";
import { execFailure } from "./exec-failure.ts";
import type {
  FromSnapshotOptions,
  RunOptions,
  SandboxOptions,
  SnapshotOptions,
  StartOptions,
  TerminateOptions,
} from "./options.ts";
import { type CommandResult, runCommand } from "./run-command.ts";
import { SandboxLife } from "./sandbox-life.ts";

/**
 * An environment for an agent. It lives until it is terminated, its time is over, or the process that started it ends.
 *
 * @example
 * await using sandbox = await new Sandbox({ pythonPackages: ["numpy"] }).start();
 * console.log(await sandbox.execPython("import numpy; print(numpy.__version__)"));
 */
export class Sandbox implements SandboxHandle, AsyncDisposable {
  protected readonly life: SandboxLife;

  /** @throws SeerError `config/invalid` */
  constructor(config: SandboxConfigInput = {}, options: SandboxOptions = {}) {
    this.life = new SandboxLife(parseSandboxConfig(config), options);
  }

  /** Takes up a running sandbox, also another process's, by its id or name; disposing of it then only lets go of it. */
  static async fromId(idOrName: string, options: SandboxOptions = {}): Promise<Sandbox> {
    const sandbox = new Sandbox({}, options);
    await sandbox.life.takeUp(idOrName);
    return sandbox;
  }

  /**
   * The sandboxes of this user that are alive: on this machine, and on Modal where an account is set up.
   *
   * @throws EnvironmentError `environment/backend-unreachable`
   */
  static async list(options: ListOptions = {}): Promise<SandboxInfo[]> {
    return await withIdle(await listAll(options));
  }

  /**
   * Starts a sandbox with the files of a snapshot. Its configuration is that of the snapshot's sandbox unless another
   * one is given; secrets, models and packages are looked up anew, and nothing runs in it but what a start starts.
   *
   * @throws EnvironmentError `environment/snapshot-not-found`
   */
  static async fromSnapshot(
    snapshot: Pick<Snapshot, "id"> | string,
    config?: SandboxConfigInput,
    { name, signal, ...options }: FromSnapshotOptions = {},
  ): Promise<Sandbox> {
    const from = await findSnapshot(snapshot);
    const sandbox = new Sandbox(configFor(from, config), options);
    await sandbox.life.start({ kind: "sandbox", name, signal, from });
    return sandbox;
  }

  /** The snapshots that are kept, the oldest first. They are kept until they are removed. */
  static async listSnapshots(): Promise<Snapshot[]> {
    return (await listSnapshotRecords()).map(snapshotOf);
  }

  /** @throws EnvironmentError `environment/snapshot-not-found` */
  static async removeSnapshot(snapshot: Pick<Snapshot, "id"> | string): Promise<void> {
    await removeSnapshot(await findSnapshot(snapshot));
  }

  /** Makes the sandbox; what fails leaves nothing behind. */
  async start(options: StartOptions = {}): Promise<this> {
    await this.life.start({ ...options, kind: "sandbox" });
    return this;
  }

  get sandboxId(): string {
    return this.life.sandboxId;
  }

  get name(): string {
    return this.life.machine.state.name;
  }

  /** What keeps it from this machine, and when nothing does, why. */
  get isolation(): SandboxState["isolation"] {
    return this.life.machine.state.isolation;
  }

  get modelHandles(): readonly ModelHandle[] {
    return this.life.machine.state.models;
  }

  get repoHandles(): readonly RepoHandle[] {
    return this.life.machine.state.repos;
  }

  /** The Jupyter server with its token, as Jupyter writes it: `http://…/?token=…`. None runs with `executionMode: "cli"`. */
  get jupyterUrl(): string | undefined {
    return jupyterUrl(this.life.machine.state);
  }

  /** The code-server that runs with `debug: true`. */
  get codeServerUrl(): string | undefined {
    return findService(this.life.machine.state, "code-server")?.url;
  }

  /** What code-server asks for. */
  get codeServerPassword(): string | undefined {
    return findService(this.life.machine.state, "code-server")?.secret;
  }

  /** Modal's own object, when the sandbox runs there. */
  get modalSandbox(): ModalSandbox | undefined {
    return this.life.machine.native as ModalSandbox | undefined;
  }

  /**
   * Runs a shell command and returns what it printed, stdout and stderr together.
   *
   * @throws ExecError `environment/exec-failed` or `environment/exec-timeout`
   */
  async exec(command: string, options: ExecOptions = {}): Promise<string> {
    return await this.#execute(command, { argv: () => shell(command), merge: true }, options);
  }

  /**
   * Runs Python code in a fresh interpreter of the sandbox and returns what it printed.
   *
   * @throws ExecError `environment/exec-failed` or `environment/exec-timeout`
   */
  async execPython(code: string, options: ExecOptions = {}): Promise<string> {
    // Unbuffered, so that stdout and stderr come in the order of writing.
    const argv = (machine: Machine) => [machine.realPath(runtimePaths.python), "-u", "-"];
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
    const result = await this.life.guard(
      (machine) => runCommand(machine, { argv, stdin, cwd, env }, limits),
      limits.signal,
    );
    const { exitCode, ...output } = result;
    if (exitCode === undefined) throw this.#failure(argv.join(" "), result, options);
    return { exitCode, ...output };
  }

  /** Writes a file; relative paths are those of the workspace. */
  async writeFile(path: string, content: string | Uint8Array): Promise<void> {
    await this.life.guard((machine) => machine.writeFile(path, content));
  }

  /** @throws EnvironmentError `environment/file-failed` */
  async readFile(path: string): Promise<Uint8Array> {
    return await this.life.guard((machine) => machine.readFile(path));
  }

  /** Makes a directory and those above it; one that is there is no error. */
  async ensureDir(path: string): Promise<void> {
    await this.life.guard((machine) => machine.ensureDir(path));
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
    await this.life.guard((machine) => uploadFile(machine, from, to));
    this.life.uploaded.add(to);
    this.life.uploads.set(to, from);
  }

  /**
   * Keeps the sandbox's files as they are now; what runs in it goes on. A file that is written to meanwhile may be kept
   * as it was at any moment of that, and all others are as they are.
   *
   * @throws EnvironmentError `environment/snapshot-failed` or `environment/disk-full`; nothing is kept then
   */
  async snapshot(description = "", options: SnapshotOptions = {}): Promise<Snapshot> {
    return await this.life.snapshot(description, options);
  }

  /** Ends the sandbox with everything in it; its files are gone afterwards. May be called at any time, and twice. */
  async terminate(options: TerminateOptions & { saveSnapshot: true }): Promise<Snapshot>;
  async terminate(options?: TerminateOptions & { saveSnapshot?: false | undefined }): Promise<undefined>;
  async terminate(options?: TerminateOptions): Promise<Snapshot | undefined>;
  async terminate({
    saveSnapshot,
    snapshotDescription,
  }: TerminateOptions = {}): Promise<Snapshot | undefined> {
    const snapshot = saveSnapshot ? await this.life.snapshot(snapshotDescription ?? "") : undefined;
    await this.life.terminate();
    return snapshot;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.life.dispose();
  }

  async #execute(
    text: string,
    { argv, ...command }: Pick<MachineCommand, "merge" | "stdin"> & { argv: (machine: Machine) => string[] },
    { cwd, env, ...limits }: ExecOptions,
  ): Promise<string> {
    const result = await this.life.guard(
      (machine) => runCommand(machine, { ...command, argv: argv(machine), cwd, env }, limits),
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
    return execFailure(command, result, { timeoutMs, mask: this.life.mask });
  }
}

function shell(command: string): string[] {
  return ["bash", "-c", command];
}

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { McpConfig } from "@seer/config";
import type { McpEndpoint } from "@seer/rpc/http";
import type { Isolation } from "@seer/rpc/launch";
import type { Workspace } from "@seer/workspace";
import { ExecutionError } from "../errors.ts";
import type { CellOptions, ExecutionResult } from "../run/cell-options.ts";
import type { CellRunner } from "../run/cell-runner.ts";
import type { WorkspaceDirectory } from "./workspace-directory.ts";

interface LocalSessionParts {
  name: string;
  directory: WorkspaceDirectory;
  isolation: Isolation;
  runner: CellRunner;
  endpoint: McpEndpoint;
}

/** A local directory with a Python process that keeps its variables between cells. */
export class LocalSession implements AsyncDisposable {
  readonly name: string;
  /** The working directory of the code. */
  readonly workspaceDir: string;
  /** How the code is isolated from this machine, or why it is not. */
  readonly isolation: Isolation;
  /** Configuration of the session's MCP server, for an agent. */
  readonly mcpConfig: McpConfig;
  readonly #directory: WorkspaceDirectory;
  readonly #runner: CellRunner;
  readonly #endpoint: McpEndpoint;
  #terminated: Promise<void> | undefined;

  /** @internal Use `createLocalSession`. */
  constructor({ name, directory, isolation, runner, endpoint }: LocalSessionParts) {
    this.name = name;
    this.workspaceDir = directory.path;
    this.isolation = isolation;
    const headers = { Authorization: `Bearer ${endpoint.token}` };
    this.mcpConfig = { [name]: { type: "http", url: endpoint.url, headers } };
    this.#directory = directory;
    this.#runner = runner;
    this.#endpoint = endpoint;
  }

  /**
   * Runs Python code like a notebook cell.
   *
   * @throws ExecutionError `execution/python-error` if the code raises; see `ExecutionErrorCode` for other codes
   */
  async exec(code: string, options?: CellOptions): Promise<ExecutionResult> {
    return await this.#runner.run(code, "", options);
  }

  /** Runs a local Python file as a cell. */
  async execFile(path: string, options?: CellOptions): Promise<ExecutionResult> {
    let code: string;
    try {
      code = await readFile(path, "utf8");
    } catch (cause) {
      const message = `The file ${path} cannot be read: ${(cause as Error).message}`;
      throw new ExecutionError("execution/unreadable-file", message, { cause });
    }
    return await this.#runner.run(code, basename(path), options);
  }

  /** Installs another workspace, and runs its `customInitCode` now and after each restart. */
  async setup(workspace: Workspace, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#directory.install(workspace, signal);
    await this.#runner.initialise(workspace.customInitCode, { signal });
  }

  /** Interrupts the running code, if any, and waits until it has stopped. Its `exec` rejects. */
  async interrupt(): Promise<void> {
    await this.#runner.interrupt();
  }

  /** Restarts Python. All variables are lost. */
  async restart(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#runner.restart(options);
  }

  /** Ends the session's processes. The directory is kept. */
  terminate(): Promise<void> {
    this.#terminated ??= this.#end();
    return this.#terminated;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminate();
  }

  async #end(): Promise<void> {
    await Promise.all([this.#endpoint[Symbol.asyncDispose](), this.#runner[Symbol.asyncDispose]()]);
  }
}

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { McpConfig } from "@seer/config";
import type { Isolation } from "@seer/rpc/launch";
import type { Workspace } from "@seer/workspace";
import { ExecutionError } from "../errors.ts";
import type { McpEndpoint } from "../mcp/endpoint.ts";
import type { Cells } from "../run/cells.ts";
import type { ExecOptions, ExecutionResult } from "../run/execution-result.ts";
import type { WorkspaceDirectory } from "./workspace-directory.ts";

interface LocalSessionParts {
  name: string;
  directory: WorkspaceDirectory;
  isolation: Isolation;
  cells: Cells;
  endpoint: McpEndpoint;
}

/** A directory on this machine where an agent's Python runs, in one process that keeps its variables. */
export class LocalSession implements AsyncDisposable {
  readonly name: string;
  /** The directory in which the code runs. */
  readonly workspaceDir: string;
  /** Whether the code sees nothing but this directory, and if it does see more, why. */
  readonly isolation: Isolation;
  /** The session as an MCP server, for an agent. */
  readonly mcpConfig: McpConfig;
  readonly #directory: WorkspaceDirectory;
  readonly #cells: Cells;
  readonly #endpoint: McpEndpoint;
  #terminated: Promise<void> | undefined;

  /** @internal Use `createLocalSession`. */
  constructor({ name, directory, isolation, cells, endpoint }: LocalSessionParts) {
    this.name = name;
    this.workspaceDir = directory.path;
    this.isolation = isolation;
    const headers = { Authorization: `Bearer ${endpoint.token}` };
    this.mcpConfig = { [name]: { type: "http", url: endpoint.url, headers } };
    this.#directory = directory;
    this.#cells = cells;
    this.#endpoint = endpoint;
  }

  /**
   * Runs Python as a notebook runs a cell.
   *
   * @throws ExecutionError `execution/python-error` when the code raises; see `ExecutionErrorCode` for the others
   */
  async exec(code: string, options?: ExecOptions): Promise<ExecutionResult> {
    return await this.#cells.run(code, "", options);
  }

  /** Runs a Python file of this machine as a cell. */
  async execFile(path: string, options?: ExecOptions): Promise<ExecutionResult> {
    let code: string;
    try {
      code = await readFile(path, "utf8");
    } catch (cause) {
      const message = `${path} cannot be run: ${(cause as Error).message}`;
      throw new ExecutionError("execution/unreadable-file", message, { cause });
    }
    return await this.#cells.run(code, basename(path), options);
  }

  /** Installs a workspace beside what is there, and runs its `customInitCode`, now and after each restart. */
  async setup(workspace: Workspace, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#directory.install(workspace, signal);
    await this.#cells.initialise(workspace.customInitCode, { signal });
  }

  /** Interrupts the running code, if any, and waits for its end; its `exec` rejects. */
  async interrupt(): Promise<void> {
    await this.#cells.interrupt();
  }

  /** Starts Python anew, without the variables. */
  async restart(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#cells.restart(options);
  }

  /** Ends the session's processes; the directory stays. */
  terminate(): Promise<void> {
    this.#terminated ??= this.#end();
    return this.#terminated;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminate();
  }

  async #end(): Promise<void> {
    await Promise.all([this.#endpoint[Symbol.asyncDispose](), this.#cells[Symbol.asyncDispose]()]);
  }
}

import type { ExecOptions, ExecutionResult } from "../run/execution-result.ts";

/** What the MCP server needs of a session. */
export interface ServedSession {
  readonly name: string;
  readonly workspaceDir: string;
  /** Names of the libraries that can be imported. */
  readonly libraries: readonly string[];
  /** Their documentation, as markdown. */
  readonly libraryDocs: string;
  exec(code: string, options?: ExecOptions): Promise<ExecutionResult>;
  restart(): Promise<void>;
  /** Keeps a text that was too long to show, and returns its path in the workspace. */
  saveOutput(text: string): Promise<string>;
}

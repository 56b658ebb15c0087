/** A target for files: a local directory or a sandbox. */
export interface WriteTarget {
  /** Writes a file, and creates its parent directories. */
  writeFile(path: string, content: string | Uint8Array): Promise<void>;
  ensureDir(path: string): Promise<void>;
}

export interface ExecOptions {
  /** After this time, the command is killed and the promise rejects. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Added to the sandbox's environment variables. */
  env?: Record<string, string> | undefined;
  /** Working directory; `/workspace` when absent. */
  cwd?: string | undefined;
}

export interface ExecResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A running sandbox, as other packages use it. */
export interface SandboxHandle extends WriteTarget {
  readonly sandboxId: string;
  readonly modelHandles: readonly ModelHandle[];
  readonly repoHandles: readonly RepoHandle[];
  /** URL of the Jupyter server with its token, `http://…/?token=…`; undefined without a Jupyter server. */
  readonly jupyterUrl?: string | undefined;
  /** Runs a shell command and returns its output, stdout and stderr together; rejects if the command fails. */
  exec(command: string, options?: ExecOptions): Promise<string>;
  /** Runs Python code in a fresh interpreter of the sandbox's environment; otherwise like `exec`. */
  execPython(code: string, options?: ExecOptions): Promise<string>;
  readFile(path: string): Promise<Uint8Array>;
  /** Copies a local file into the sandbox, beside the interface file when no path is given. */
  uploadFile(localPath: string, sandboxPath?: string): Promise<void>;
}

/** A model in a sandbox. */
export interface ModelHandle {
  /** The configured name, or `varName` for a hidden model. */
  readonly name: string;
  readonly varName: string;
  readonly hidden: boolean;
  /** Directory of the weights in the sandbox. */
  readonly path: string;
  /** Its commit on the hub; undefined for a hidden model, because a commit identifies the model. */
  readonly revision?: string | undefined;
  readonly isPeft: boolean;
  /** Directory of the adapter's base in the sandbox. */
  readonly basePath?: string | undefined;
  readonly loadAsPeft: boolean;
}

/** A cloned repository in a sandbox. */
export interface RepoHandle {
  readonly url: string;
  /** The checked-out commit. */
  readonly commit: string;
  /** Its directory in the sandbox. */
  readonly path: string;
  readonly installed: boolean;
  /** The tag of the container image that was built from its `dockerfile`. */
  readonly image?: string | undefined;
}

/** Receives progress messages of a slow operation, one short line per step. */
export type Progress = (message: string) => void;

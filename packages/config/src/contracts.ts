/** Anything files can be written into: a directory on this machine, a sandbox. */
export interface WriteTarget {
  /** Writes a file, making its directories. */
  writeFile(path: string, content: string | Uint8Array): Promise<void>;
  ensureDir(path: string): Promise<void>;
}

export interface ExecOptions {
  /** Ends the command, and rejects, after this long. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Added to the sandbox's own environment. */
  env?: Record<string, string> | undefined;
  /** Working directory; `/workspace` when absent. */
  cwd?: string | undefined;
}

export interface ExecResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A started sandbox, as the layers above it need it, whoever made it. */
export interface SandboxHandle extends WriteTarget {
  readonly sandboxId: string;
  readonly modelHandles: readonly ModelHandle[];
  readonly repoHandles: readonly RepoHandle[];
  /** Its Jupyter server with the token, `http://…/?token=…`; undefined when it has none. */
  readonly jupyterUrl?: string | undefined;
  /** Runs a shell command and returns what it printed, stdout and stderr together; rejects when it fails. */
  exec(command: string, options?: ExecOptions): Promise<string>;
  /** Runs Python code in a fresh interpreter of the sandbox's environment; otherwise like `exec`. */
  execPython(code: string, options?: ExecOptions): Promise<string>;
  readFile(path: string): Promise<Uint8Array>;
  /** Copies a local file into the sandbox, beside the interface file when no path is given. */
  uploadFile(localPath: string, sandboxPath?: string): Promise<void>;
}

/** A model that is in place in a sandbox. */
export interface ModelHandle {
  /** Its name as configured, or `varName` when it is hidden. */
  readonly name: string;
  readonly varName: string;
  readonly hidden: boolean;
  /** Directory of the weights in the sandbox. */
  readonly path: string;
  /** The commit on the hub that it is at; not of a hidden one, which it would tell. */
  readonly revision?: string | undefined;
  readonly isPeft: boolean;
  /** Directory of the adapter's base in the sandbox. */
  readonly basePath?: string | undefined;
  readonly loadAsPeft: boolean;
}

/** A repository that is checked out in a sandbox. */
export interface RepoHandle {
  readonly url: string;
  /** The commit that is checked out. */
  readonly commit: string;
  /** Its directory in the sandbox. */
  readonly path: string;
  readonly installed: boolean;
  /** The tag of the container image that was built from its `dockerfile`. */
  readonly image?: string | undefined;
}

/** Reports what slow work is doing, one short line a step. */
export type Progress = (message: string) => void;

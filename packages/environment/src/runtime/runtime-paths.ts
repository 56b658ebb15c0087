import { sandboxPaths } from "@seer/config";

/** Sandbox paths of Seer's own files, the same on all backends. */
export const runtimePaths = {
  /** The sandbox's virtual environment and its interpreter. */
  environment: `${sandboxPaths.runtime}/python`,
  python: `${sandboxPaths.runtime}/python/bin/python`,
  /** Seer's Python code for init and the services. */
  init: `${sandboxPaths.runtime}/init`,
  /** The Jupyter server's virtual environment, and the packages that kernels find after the sandbox's own. */
  jupyter: `${sandboxPaths.runtime}/jupyter`,
  kernel: `${sandboxPaths.runtime}/kernel`,
  /** The program, if Seer has installed it. */
  codeServer: `${sandboxPaths.runtime}/code-server/bin/code-server`,
  /** The packages of `hostArguments`. */
  host: `${sandboxPaths.runtime}/host`,
  logs: `${sandboxPaths.runtime}/logs`,
  /** Init writes the end reason to this file, for the hosts of the sandbox's interfaces. */
  endReason: `${sandboxPaths.runtime}/logs/end-reason`,
} as const;

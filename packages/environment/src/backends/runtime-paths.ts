import { sandboxPaths } from "@seer/config";

/** Where every backend puts what Seer needs in a sandbox, as the sandbox calls it. */
export const runtimePaths = {
  /** The sandbox's own virtual environment, and its interpreter. */
  environment: `${sandboxPaths.runtime}/python`,
  python: `${sandboxPaths.runtime}/python/bin/python`,
  /** Seer's own Python, for its first process and its services. */
  init: `${sandboxPaths.runtime}/init`,
  /** The virtual environment of the Jupyter server, and the packages that its kernels find after the sandbox's own. */
  jupyter: `${sandboxPaths.runtime}/jupyter`,
  kernel: `${sandboxPaths.runtime}/kernel`,
  /** The program, where Seer has installed it. */
  codeServer: `${sandboxPaths.runtime}/code-server/bin/code-server`,
  /** To be put on Python's path for `python -m seer_host`. */
  host: `${sandboxPaths.runtime}/host`,
  logs: `${sandboxPaths.runtime}/logs`,
} as const;

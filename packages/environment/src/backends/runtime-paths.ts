import { sandboxPaths } from "@seer/config";

/** Where every backend puts what Seer needs in a sandbox, as the sandbox calls it. */
export const runtimePaths = {
  /** The sandbox's own virtual environment, and its interpreter. */
  environment: `${sandboxPaths.runtime}/python`,
  python: `${sandboxPaths.runtime}/python/bin/python`,
  /** To be put on Python's path for `python -m seer_host`. */
  host: `${sandboxPaths.runtime}/host`,
  logs: `${sandboxPaths.runtime}/logs`,
} as const;

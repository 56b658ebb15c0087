import { sandboxPaths } from "@seer/config";
import { runtimePaths } from "../runtime-paths.ts";

// What only Seer reads in a sandbox; nobody but its user gets into it.
const directory = `${sandboxPaths.runtime}/run`;

/** Where a sandbox's first process listens. */
export const initSocket = `${directory}/init.sock`;

/** Where a sandbox's state lies, which holds the tokens of interfaces. */
export const stateFile = `${directory}/state.json`;

/** What `seer_init/requests.py` calls Settings. */
interface InitSettings {
  id: string;
  leaseMs: number;
  timeoutMs: number;
  timeoutReason: string;
}

/** The main command of a sandbox, to be run in `runtimePaths.init`; its variables are all that it was made with. */
export function initCommand(settings: InitSettings): string[] {
  const all = {
    ...settings,
    cwd: sandboxPaths.workspace,
    env: {},
    inheritEnv: true,
    // Modal may have a first process of its own.
    adoptOrphans: true,
  };
  return [runtimePaths.python, "-E", "-S", "-m", "seer_init", initSocket, JSON.stringify(all)];
}

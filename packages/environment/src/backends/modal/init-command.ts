import { sandboxPaths } from "@seer/config";
import { runtimePaths } from "../../runtime/runtime-paths.ts";

// Directory for Seer's own files in a sandbox.
const directory = `${sandboxPaths.runtime}/run`;

/** The socket on which init listens. */
export const initSocket = `${directory}/init.sock`;

/** The file with the sandbox's state, including the tokens of its interfaces. */
export const stateFile = `${directory}/state.json`;

/** The class `Settings` in `seer_init/requests.py`. */
interface InitSettings {
  id: string;
  leaseMs: number;
  timeoutMs: number | null;
  timeoutReason: string;
}

/** The main command of a sandbox, to be run in `runtimePaths.init`. It inherits the sandbox's environment variables. */
export function initCommand(settings: InitSettings): string[] {
  const all = {
    ...settings,
    cwd: sandboxPaths.workspace,
    endReasonFile: runtimePaths.endReason,
    env: {},
    inheritEnv: true,
    // Modal may run its own init as PID 1.
    adoptOrphans: true,
  };
  return [runtimePaths.python, "-E", "-S", "-m", "seer_init", initSocket, JSON.stringify(all)];
}

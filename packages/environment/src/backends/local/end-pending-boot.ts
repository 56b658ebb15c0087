import { readFileSync, rmSync } from "node:fs";
import type { BackendStartOptions } from "../../runtime/backend.ts";
import type { EndReason } from "../../runtime/sandbox-instance.ts";
import type { SandboxDirectories } from "./home.ts";

export interface PendingBoot extends Disposable {
  /** To be called with the PID of the new sandbox's process group leader. */
  spawned(pid: number): void;
}

/** Kills a sandbox that has no lease yet if this process ends before the result is disposed of. */
export function endPendingBoot(options: BackendStartOptions, directories: SandboxDirectories): PendingBoot {
  const { promise: ended, resolve } = Promise.withResolvers<EndReason>();
  let leader: number | undefined;
  options.onPending?.({
    ended,
    terminateNow: () => {
      if (leader !== undefined) {
        kill(-leader);
        kill(insideBubblewrap(directories.initInfo));
      }
      rmSync(directories.root, { recursive: true, force: true, maxRetries: 3 });
    },
  });
  return {
    spawned: (pid) => {
      leader = pid;
    },
    [Symbol.dispose]: () => resolve("terminated"),
  };
}

/** The PID of init, which bubblewrap moves to a session of its own. */
function insideBubblewrap(initInfo: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(initInfo, "utf8")) as { "child-pid": number })["child-pid"];
  } catch {
    return undefined;
  }
}

function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  } catch {
    // The process has already ended.
  }
}

import { readFileSync, rmSync } from "node:fs";
import type { BackendStartOptions, EndReason } from "../backend.ts";
import type { SandboxDirectories } from "./home.ts";

export interface PendingBoot extends Disposable {
  /** Called with the process that leads the new sandbox's group, as soon as there is one. */
  spawned(pid: number): void;
}

/** Looks after a sandbox that nobody holds yet: until this is disposed of, the end of this process ends it. */
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

/** The first process inside, which is in a session of its own once bubblewrap has made its world. */
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
    // It has ended.
  }
}

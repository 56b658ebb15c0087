import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { appName } from "./session.ts";

/** A sandbox by its id, or, before that is known, by the tags that it was to get. */
export type Doomed = { readonly id: string } | { readonly tags: Readonly<Record<string, string>> };

const deadlineMs = 15_000;

/**
 * Ends a sandbox before this returns, at the end of the process: nothing in Node waits for a network but another
 * process. One that is not reached in time ends by its lease.
 */
export function terminateNow(doomed: Doomed): void {
  // Beside this file in the sources as well as in what is built of them.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const script = fileURLToPath(new URL(`./terminate-script.${extension}`, import.meta.url));
  // Credentials are in the environment, or in the file that the SDK reads.
  spawnSync(process.execPath, [script, JSON.stringify({ ...doomed, app: appName() })], {
    stdio: "ignore",
    timeout: deadlineMs,
    killSignal: "SIGKILL",
  });
}

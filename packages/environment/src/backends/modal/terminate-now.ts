import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { appName } from "./session.ts";

/** A sandbox by ID, or by its tags if the ID is not known yet. */
export type SandboxToEnd = { readonly id: string } | { readonly tags: Readonly<Record<string, string>> };

const deadlineMs = 15_000;

/**
 * Ends a sandbox synchronously, at the exit of this process. Uses a child process, because Node has no synchronous
 * network calls. A sandbox that cannot be reached in time ends by its lease.
 */
export function terminateNow(sandbox: SandboxToEnd): void {
  // The script is next to this file, both in the sources and in the build.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const script = fileURLToPath(new URL(`./terminate-script.${extension}`, import.meta.url));
  // The child reads credentials from the environment or from the SDK's configuration file.
  spawnSync(process.execPath, [script, JSON.stringify({ ...sandbox, app: appName() })], {
    stdio: "ignore",
    timeout: deadlineMs,
    killSignal: "SIGKILL",
  });
}

import type { Progress } from "@seer/config";
import { findIsolation, type Isolation } from "@seer/rpc/launch";
import { ExecutionError } from "../errors.ts";

/**
 * Chooses the isolation of a session's Python process. If `"auto"` finds no working isolation, this is reported to
 * `onProgress`, or to standard error without it.
 *
 * @throws ExecutionError `execution/isolation-unavailable`
 */
export async function chooseIsolation(
  choice: "auto" | "bubblewrap" | "none",
  onProgress: Progress | undefined,
): Promise<Isolation> {
  if (choice === "none") return { kind: "none", reason: 'isolate is "none"' };
  const found = await findIsolation();
  if (found.kind === "bubblewrap") return found;
  if (choice === "bubblewrap") {
    throw new ExecutionError(
      "execution/isolation-unavailable",
      `\`isolate\` is "bubblewrap", but bubblewrap does not work: ${found.reason}`,
      {
        hint: 'Install bubblewrap (Debian and Ubuntu: `apt-get install bubblewrap`), or use `isolate: "auto"`.',
      },
    );
  }
  const report = onProgress ?? ((message) => process.stderr.write(`seer: ${message}\n`));
  report(`the session is not isolated (${found.reason}): its code can read and change this machine's files`);
  return found;
}

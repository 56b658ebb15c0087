import type { Progress } from "@seer/config";
import { findIsolation } from "@seer/rpc/launch";
import { EnvironmentError } from "../../errors.ts";
import type { IsolationChoice, SandboxState } from "../backend.ts";

/**
 * Decides how a sandbox is kept from the rest of this machine, and says so.
 *
 * @throws EnvironmentError `environment/isolation-unavailable`
 */
export async function chooseIsolation(
  choice: IsolationChoice,
  onProgress: Progress,
  egress = true,
): Promise<SandboxState["isolation"]> {
  const found =
    choice === "none" ? ({ kind: "none", reason: "it was switched off" } as const) : await findIsolation();
  if (found.kind === "bubblewrap") {
    const network = egress ? "the network is this machine's" : "no network";
    onProgress(`Isolation: bubblewrap (own file system and processes; ${network})`);
    return found;
  }
  if (choice === "bubblewrap") {
    throw new EnvironmentError(
      "environment/isolation-unavailable",
      `The sandbox cannot be isolated: ${found.reason}`,
      {
        hint: 'Install bubblewrap (Debian and Ubuntu: `apt-get install bubblewrap`), or allow `isolation: "auto"`.',
      },
    );
  }
  onProgress(`Isolation: none (${found.reason}): what runs in the sandbox can read this machine's files`);
  return found;
}

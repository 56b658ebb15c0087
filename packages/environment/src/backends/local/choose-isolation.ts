import type { EgressConfig, Progress } from "@seer/config";
import { findIsolation, lacksNetwork, type MissingWall } from "@seer/rpc/launch";
import { EnvironmentError } from "../../errors.ts";
import type { InstanceStep } from "../../plan/plan.ts";
import type { IsolationChoice } from "../../runtime/backend.ts";
import type { SandboxState } from "../../runtime/sandbox-state.ts";

/**
 * Decides how a sandbox is isolated from this machine, and reports it.
 *
 * @throws EnvironmentError `environment/isolation-unavailable`
 */
export async function chooseIsolation(
  choice: IsolationChoice,
  onProgress: Progress,
  egress: EgressConfig = true,
): Promise<SandboxState["isolation"]> {
  const found =
    choice === "none" ? ({ kind: "none", reason: "it was switched off" } as const) : await findIsolation();
  if (found.kind === "bubblewrap") {
    const shared = lacksNetwork(found)
      ? "this machine's network"
      : "internet access without this machine's services";
    onProgress(`Isolation: bubblewrap (own file system and processes; ${networkText(egress, shared)})`);
    for (const { wall, reason } of found.lacks ?? [])
      onProgress(`Isolation: no ${describeWall[wall]} (${reason})`);
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

const describeWall: Readonly<Record<MissingWall["wall"], string>> = {
  "system-calls": "system call filter",
  network: "own network",
};

function networkText(egress: EgressConfig, shared: string): string {
  if (typeof egress === "boolean") return egress ? shared : "no network";
  return `connections to ${egress.allow.join(", ")} only`;
}

/**
 * Rejects limits of the network where the sandbox would have a network nevertheless.
 *
 * @throws EnvironmentError `environment/isolation-unavailable` or `environment/unsupported`
 */
export function checkEgress({ egress, docker }: InstanceStep, isolation: SandboxState["isolation"]): void {
  if (egress === true) return;
  const setting = egress === false ? "`egress: false`" : "`egress: { allow }`";
  if (isolation.kind !== "bubblewrap") {
    throw new EnvironmentError(
      "environment/isolation-unavailable",
      `${setting} needs bubblewrap to limit the sandbox's network: ${isolation.reason}`,
      { hint: "Install bubblewrap (Debian and Ubuntu: `apt-get install bubblewrap`), or remove `egress`." },
    );
  }
  if (docker) {
    throw new EnvironmentError(
      "environment/unsupported",
      `${setting} and Docker cannot be combined on this machine, because containers of its engine have a network`,
      {
        hint: 'Remove `egress`, or `dockerInDocker` and every `dockerfile` of `repos`; or use `backend: "modal"`.',
      },
    );
  }
}

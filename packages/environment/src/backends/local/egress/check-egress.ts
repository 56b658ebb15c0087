import { EnvironmentError } from "../../../errors.ts";
import type { MachineStep, Plan } from "../../../plan/plan.ts";
import type { SandboxState } from "../../backend.ts";

/**
 * Refuses a sandbox without network where it would have one all the same.
 *
 * @throws EnvironmentError `environment/isolation-unavailable` or `environment/unsupported`
 */
export function checkEgress(plan: Plan, isolation: SandboxState["isolation"]): void {
  const machine = plan.steps.find((step): step is MachineStep => step.kind === "machine");
  if (machine === undefined || machine.egress) return;
  if (isolation.kind !== "bubblewrap") {
    throw new EnvironmentError(
      "environment/isolation-unavailable",
      `\`egress: false\` needs bubblewrap, without which nothing keeps the sandbox off the network: ${isolation.reason}`,
      { hint: "Install bubblewrap (Debian and Ubuntu: `apt-get install bubblewrap`), or remove `egress`." },
    );
  }
  if (machine.docker) {
    throw new EnvironmentError(
      "environment/unsupported",
      "`egress: false` and Docker exclude each other on this machine: containers of its engine have a network",
      { hint: "Remove `egress`, or `dockerInDocker` and every `dockerfile` of `repos`." },
    );
  }
}

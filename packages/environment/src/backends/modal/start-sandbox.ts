import { type Disk, explainFullDisk } from "@seer/system";
import type { Plan } from "../../plan/plan.ts";
import type { BackendStartOptions, StartedInstance } from "../../runtime/backend.ts";
import { executePlan } from "../../runtime/execute-plan.ts";
import { callModal } from "./call-modal.ts";
import { checkLimits } from "./limits.ts";
import { findSeerSandboxes } from "./list-sandboxes.ts";
import { checkPorts, networkPolicy } from "./network-policy.ts";
import { openSession } from "./session.ts";
import { StartContext } from "./start-context.ts";
import { stepHandlers } from "./step-handlers.ts";

export const sandboxDisk: Disk = {
  name: "the sandbox on Modal",
  hint: "Store less data in it. Models do not count, because they are in separate volumes.",
};

/** Starts a sandbox on Modal. A failed start leaves nothing behind. */
export async function startSandbox(plan: Plan, options: BackendStartOptions): Promise<StartedInstance> {
  checkLimits(plan);
  checkPorts(plan);
  const session = await openSession(options);
  // Ends sandboxes of abandoned starts in the background.
  void findSeerSandboxes(session).catch(() => {});
  const context = new StartContext(session, plan, options);
  try {
    await executePlan(plan, stepHandlers(context), options);
    const { instance } = context;
    return {
      instance,
      complete: async (services) => {
        if (context.limitsNetworkLate) await limitNetwork(context);
        await instance.update({ ...context.state(instance.native), services });
      },
    };
  } catch (error) {
    // An error of the cleanup must not hide the original one.
    if (!context.hasInstance) throw error;
    await context.instance.terminate().catch(() => {});
    throw explainFullDisk(error, sandboxDisk);
  }
}

async function limitNetwork({ instance, egress }: StartContext): Promise<void> {
  const policy = networkPolicy(egress);
  if (policy === undefined) return;
  await callModal("limit the network", () => instance.native.updateNetworkPolicy(policy));
}

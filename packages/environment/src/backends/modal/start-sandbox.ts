import type { Plan } from "../../plan/plan.ts";
import type { BackendStartOptions, Machine } from "../backend.ts";
import { carryOut } from "../carry-out.ts";
import { checkSources } from "../check-sources.ts";
import { type Disk, explainFullDisk } from "../disk-full.ts";
import { askModal } from "./ask-modal.ts";
import { checkLimits } from "./limits.ts";
import { findOurs } from "./list-sandboxes.ts";
import { openSession } from "./session.ts";
import { StartContext } from "./start-context.ts";
import { stepHandlers } from "./step-handlers.ts";

const sandboxDisk: Disk = {
  name: "the sandbox on Modal",
  hint: "Put less into it. What is in `models` has volumes of its own.",
};

/** Makes a sandbox on Modal; a start that fails leaves nothing of it. */
export async function startSandbox(plan: Plan, options: BackendStartOptions): Promise<Machine> {
  checkLimits(plan);
  await checkSources(plan);
  const session = await openSession(options);
  // Ends what starts left that never came to their end; nobody waits for that.
  void findOurs(session).catch(() => {});
  const context = new StartContext(session, plan, options);
  try {
    await carryOut(plan, stepHandlers(context), options);
    const { machine } = context;
    if (context.cutsNetworkLate) await cutNetwork(context);
    await machine.update(context.state(machine.native));
    return machine;
  } catch (error) {
    // What went wrong is what matters, not what else goes wrong because of it.
    if (!context.hasMachine) throw error;
    await context.machine.terminate().catch(() => {});
    throw explainFullDisk(error, sandboxDisk);
  }
}

async function cutNetwork({ machine }: StartContext): Promise<void> {
  const nothing = { outboundCidrAllowlist: [], outboundDomainAllowlist: [] };
  await askModal("cut the network", () => machine.native.updateNetworkPolicy(nothing));
}

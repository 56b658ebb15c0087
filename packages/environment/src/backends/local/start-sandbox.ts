import { environmentVariables } from "@seer/config";
import { EnvironmentError } from "../../errors.ts";
import type { Plan } from "../../plan/plan.ts";
import { clearHalfMade } from "../../this-machine/clear-half-made.ts";
import type { BackendStartOptions, Machine, SnapshotRecord } from "../backend.ts";
import { carryOut } from "../carry-out.ts";
import { checkSources } from "../check-sources.ts";
import { explainFullDisk } from "../disk-full.ts";
import { startingRecord } from "./boot-machine.ts";
import { chooseIsolation } from "./choose-isolation.ts";
import { claimName, releaseName } from "./claim-name.ts";
import { checkEgress } from "./egress/check-egress.ts";
import { newSandboxId } from "./home.ts";
import { homeDisk } from "./home-disk.ts";
import { liveRecords } from "./live-records.ts";
import { findDocker } from "./place/find-docker.ts";
import { makeSandboxDirectory, removeSandboxDirectory } from "./sandbox-directory.ts";
import { moveRepository, movesOf, restoreFiles } from "./snapshot/restore.ts";
import { StartContext } from "./start-context.ts";
import { stepHandlers } from "./step-handlers.ts";

/** Makes a sandbox on this machine; a start that fails leaves nothing of it. */
export async function startSandbox(plan: Plan, options: BackendStartOptions): Promise<Machine> {
  checkPlatform();
  await checkSources(plan);
  // Clears away what dead sandboxes left.
  await liveRecords();
  await clearHalfMade();
  const egress = plan.steps.every((step) => step.kind !== "machine" || step.egress);
  const isolation = await chooseIsolation(options.isolation, options.onProgress, egress);
  checkEgress(plan, isolation);
  const context = new StartContext(newSandboxId(), plan, isolation, options);
  try {
    await makeDirectory(context);
    await claimName(context.name, context.id);
    context.docker = await findDocker(plan, options);
    if (options.from !== undefined) await beginWith(options.from, context);
    await carryOut(plan, stepHandlers(context), options);
    const { machine } = context;
    await machine.update({ ...startingRecord(context), processes: machine.processes, furnished: true });
    return machine;
  } catch (error) {
    // What went wrong is what matters, not what else goes wrong because of it.
    await undo(context).catch(() => {});
    throw explainFullDisk(error, homeDisk());
  }
}

async function beginWith(from: SnapshotRecord, context: StartContext): Promise<void> {
  const { onProgress, signal } = context.options;
  onProgress(`Copying the files of the snapshot ${from.id}`);
  context.before = await restoreFiles(from, { directories: context.directories, signal });
  const moves = movesOf(context.before, (path) => context.real(path));
  context.repos.push(...from.repos.map((repo) => moveRepository(repo, moves)));
}

async function undo(context: StartContext): Promise<void> {
  if (context.hasMachine) await context.machine.terminate();
  await releaseName(context);
  await removeSandboxDirectory(context.directories, context.id);
}

async function makeDirectory(context: StartContext): Promise<void> {
  try {
    await makeSandboxDirectory(startingRecord(context));
  } catch (cause) {
    throw new EnvironmentError(
      "environment/start-failed",
      `The sandbox's directory cannot be made: ${(cause as Error).message}`,
      { hint: `Name another place in ${environmentVariables.home}.`, cause },
    );
  }
}

function checkPlatform(): void {
  if (process.platform !== "win32") return;
  throw new EnvironmentError("environment/unsupported", "The local backend needs Linux or macOS", {
    hint: "On Windows, use it in WSL.",
  });
}

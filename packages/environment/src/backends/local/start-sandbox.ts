import { environmentVariables } from "@seer/config";
import { explainFullDisk, removeUnfinishedEnvironments } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import type { InstanceStep, Plan } from "../../plan/plan.ts";
import type { BackendStartOptions, StartedInstance } from "../../runtime/backend.ts";
import { executePlan } from "../../runtime/execute-plan.ts";
import type { SnapshotRecord } from "../../runtime/snapshot-record.ts";
import { startingRecord } from "./boot-instance.ts";
import { checkEgress, chooseIsolation } from "./choose-isolation.ts";
import { claimName, releaseName } from "./claim-name.ts";
import { findDocker } from "./find-docker.ts";
import { homeDisk, newSandboxId } from "./home.ts";
import { liveRecords } from "./live-records.ts";
import { pathChanges, relocateRepository, restoreFiles } from "./restore-files.ts";
import { makeSandboxDirectory, removeSandboxDirectory } from "./sandbox-directory.ts";
import { StartContext } from "./start-context.ts";
import { stepHandlers } from "./step-handlers.ts";

/** Starts a sandbox on this machine. A failed start leaves nothing behind. */
export async function startSandbox(plan: Plan, options: BackendStartOptions): Promise<StartedInstance> {
  checkPlatform();
  await liveRecords();
  await removeUnfinishedEnvironments();
  const instance = plan.steps.find((step): step is InstanceStep => step.kind === "instance");
  const isolation = await chooseIsolation(options.isolation, options.onProgress, instance?.egress);
  if (instance !== undefined) checkEgress(instance, isolation);
  const context = new StartContext(newSandboxId(), plan, isolation, options);
  try {
    await makeDirectory(context);
    await claimName(context.name, context.id);
    context.docker = await findDocker(plan, options);
    if (options.from !== undefined) await restoreSnapshot(options.from, context);
    await executePlan(plan, stepHandlers(context), options);
    const { instance, serviceNeeds } = context;
    return {
      instance,
      codeServer: serviceNeeds.codeServer,
      complete: async (services) => {
        const record = startingRecord(context);
        const state = { ...record.state, services };
        await instance.update({ ...record, state, processes: instance.processes, ready: true });
      },
    };
  } catch (error) {
    // An error of the cleanup must not hide the original one.
    await undo(context).catch(() => {});
    throw explainFullDisk(error, homeDisk());
  }
}

async function restoreSnapshot(from: SnapshotRecord, context: StartContext): Promise<void> {
  const { onProgress, signal } = context.options;
  onProgress(`Copying the files of the snapshot ${from.id}`);
  context.snapshotPaths = await restoreFiles(from, { directories: context.directories, signal });
  const moves = pathChanges(context.snapshotPaths, (path) => context.real(path));
  context.repos.push(...from.repos.map((repo) => relocateRepository(repo, moves)));
}

async function undo(context: StartContext): Promise<void> {
  if (context.hasInstance) await context.instance.terminate();
  await releaseName(context);
  await removeSandboxDirectory(context.directories, context.id);
}

async function makeDirectory(context: StartContext): Promise<void> {
  try {
    await makeSandboxDirectory(startingRecord(context));
  } catch (cause) {
    throw new EnvironmentError(
      "environment/start-failed",
      `The sandbox's directory cannot be created: ${(cause as Error).message}`,
      { hint: `Set ${environmentVariables.home} to another directory.`, cause },
    );
  }
}

function checkPlatform(): void {
  if (process.platform !== "win32") return;
  throw new EnvironmentError("environment/unsupported", "The local backend needs Linux or macOS", {
    hint: "On Windows, use WSL.",
  });
}

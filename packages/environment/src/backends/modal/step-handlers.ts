import { delimiter } from "node:path/posix";
import { sandboxPaths } from "@seer/config";
import { installWorkspace } from "@seer/workspace";
import type { Image } from "modal";
import { EnvironmentError } from "../../errors.ts";
import { buildPlan } from "../../plan/build-plan.ts";
import type { MachineStep, RepositoryStep } from "../../plan/plan.ts";
import { withoutCredentials } from "../../plan/without-credentials.ts";
import { startService } from "../../services/start-service.ts";
import type { StepHandlers } from "../carry-out.ts";
import { copySteps } from "../copy-steps.ts";
import { buildRepositoryImage } from "../docker/build-repository-image.ts";
import { startDocker } from "../docker/start-docker.ts";
import { GatheringTarget } from "../gathering-target.ts";
import { installRepository } from "../install-repository.ts";
import { createSandbox } from "./create-sandbox.ts";
import { extendedImage, sandboxImage } from "./image/sandbox-image.ts";
import { specOf } from "./image/spec-of.ts";
import { cloneInSandbox } from "./place/clone-repository.ts";
import type { StartContext } from "./start-context.ts";
import { placeWeights } from "./weights/place-weights.ts";

/** What each step of a plan means on Modal; those before `machine` are what it is made of. */
export function stepHandlers(context: StartContext): StepHandlers {
  const { onProgress, signal, workspace } = context.options;
  return {
    gpu: async (step) => {
      context.gpu = step;
    },
    // Part of the image, which is made for the machine.
    "system-packages": async () => {},
    model: async (step) => {
      context.models.push(step);
    },
    python: async () => {},
    machine: (step) => makeMachine(step, context),
    repository: (step) => checkOut(step, context),
    ...copySteps(context),
    workspace: async ({ root }) => {
      if (workspace === undefined) return;
      const gathered = new GatheringTarget();
      await installWorkspace(workspace, gathered, { root, signal });
      await context.machine.writeTree(gathered.entries());
    },
    service: async ({ service }) => {
      context.services.push(await startService(context.machine, service, { onProgress, signal }));
    },
  };
}

const libraries = `${sandboxPaths.workspace}/lib`;

/** Weights come before the machine: its GPU would be paid for while they are fetched. */
async function makeMachine(step: MachineStep, context: StartContext): Promise<void> {
  const { session, options } = context;
  const image = await imageFor(context);
  const { volumes, models } = await placeWeights(session, context.models, options);
  context.models.splice(0, context.models.length, ...models);
  context.pythonPath = [libraries, step.env.PYTHONPATH].filter(Boolean).join(delimiter);
  context.machine = await createSandbox(step, { image, volumes }, context);
  if (step.docker) await startDocker(context.machine, options);
}

async function imageFor({ session, options, plan }: StartContext): Promise<Image> {
  const spec = specOf(plan);
  if (options.from === undefined) return await sandboxImage(session, spec, options);
  const { id, backend, kind, config, content } = options.from;
  if (content.kind !== "image") {
    throw new EnvironmentError(
      "environment/snapshot-failed",
      `The snapshot ${id} is one of the backend ${backend}, and cannot be started on modal`,
    );
  }
  const has = specOf(buildPlan(config, { kind }));
  return await extendedImage(session, { imageId: content.imageId, has }, spec, options);
}

async function checkOut(step: RepositoryStep, context: StartContext): Promise<void> {
  const { machine, options } = context;
  const { onProgress, signal } = options;
  onProgress(`Cloning ${withoutCredentials(step.name)}${step.ref === undefined ? "" : ` at ${step.ref}`}`);
  const commit = await cloneInSandbox(machine, step, signal);
  if (step.install) await installRepository(step, machine, { ...options, env: {} });
  const image =
    step.dockerfile === undefined
      ? undefined
      : await buildRepositoryImage(machine, step, {
          ...options,
          commit,
          engine: ["docker"],
          hostNetwork: true,
        });
  context.repos.push({
    url: withoutCredentials(step.name),
    commit,
    path: step.path,
    installed: step.install,
    ...(image === undefined ? {} : { image }),
  });
}

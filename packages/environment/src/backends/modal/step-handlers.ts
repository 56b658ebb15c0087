import { delimiter } from "node:path/posix";
import { sandboxPaths } from "@seer/config";
import { withoutCredentials } from "@seer/system";
import { installWorkspace } from "@seer/workspace";
import type { Image } from "modal";
import { EnvironmentError } from "../../errors.ts";
import { buildPlan } from "../../plan/build-plan.ts";
import type { InstanceStep, RepositoryStep } from "../../plan/plan.ts";
import { copySteps } from "../../runtime/copy-steps.ts";
import type { StepHandlers } from "../../runtime/execute-plan.ts";
import { installRepository } from "../../runtime/install-repository.ts";
import { buildRepositoryImage } from "../docker/build-repository-image.ts";
import { startDocker } from "../docker/start-docker.ts";
import { BatchTarget } from "./batch-target.ts";
import { cloneInSandbox } from "./clone-repository.ts";
import { createSandbox } from "./create-sandbox.ts";
import { specOf } from "./image/layers.ts";
import { extendedImage, sandboxImage } from "./image/sandbox-image.ts";
import type { StartContext } from "./start-context.ts";
import { placeWeights } from "./weights/place-weights.ts";

/** Carries out the steps of a plan on Modal. Steps before `instance` only collect what the instance needs. */
export function stepHandlers(context: StartContext): StepHandlers {
  const { signal, workspace } = context.options;
  return {
    gpu: async (step) => {
      context.gpu = step;
    },
    // Part of the image.
    "system-packages": async () => {},
    model: async (step) => {
      context.models.push(step);
    },
    python: async () => {},
    instance: (step) => startInstance(step, context),
    repository: (step) => checkOut(step, context),
    ...copySteps(context),
    workspace: async ({ root }) => {
      if (workspace === undefined) return;
      const batch = new BatchTarget();
      await installWorkspace(workspace, batch, { root, signal });
      await context.instance.writeTree(batch.entries());
    },
  };
}

const libraries = `${sandboxPaths.workspace}/lib`;

/** Fetches weights before creating the sandbox, so that no GPU is paid for in the meantime. */
async function startInstance(step: InstanceStep, context: StartContext): Promise<void> {
  const { session, options } = context;
  const image = await imageFor(context);
  const { volumes, models } = await placeWeights(session, context.models, options);
  context.models.splice(0, context.models.length, ...models);
  context.pythonPath = [libraries, step.env.PYTHONPATH].filter(Boolean).join(delimiter);
  context.instance = await createSandbox(step, { image, volumes }, context);
  if (step.docker) await startDocker(context.instance, options);
}

async function imageFor({ session, options, plan }: StartContext): Promise<Image> {
  const spec = specOf(plan);
  if (options.from === undefined) return await sandboxImage(session, spec, options);
  const { id, backend, kind, config, content } = options.from;
  if (content.kind !== "image") {
    throw new EnvironmentError(
      "environment/snapshot-failed",
      `Snapshot ${id} was taken by the backend ${backend} and cannot be started on modal`,
    );
  }
  const snapshotSpec = specOf(buildPlan(config, { kind }));
  return await extendedImage(session, { imageId: content.imageId, spec: snapshotSpec }, spec, options);
}

async function checkOut(step: RepositoryStep, context: StartContext): Promise<void> {
  const { instance, options } = context;
  const { onProgress, signal } = options;
  onProgress(`Cloning ${withoutCredentials(step.name)}${step.ref === undefined ? "" : ` at ${step.ref}`}`);
  const commit = await cloneInSandbox(instance, step, signal);
  await installRepository(step, instance, { ...options, env: {} });
  const image =
    step.dockerfile === undefined
      ? undefined
      : await buildRepositoryImage(instance, step, {
          ...options,
          commit,
          engine: ["docker"],
          hostNetwork: true,
        });
  context.repos.push({
    url: withoutCredentials(step.name),
    commit,
    path: step.path,
    installed: step.install !== false,
    ...(image === undefined ? {} : { image }),
  });
}

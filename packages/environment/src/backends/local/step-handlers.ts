import { delimiter } from "node:path";
import {
  makeSandboxPython,
  publicPipVariables,
  pythonEnvironment,
  readIndexSettings,
  withoutCredentials,
} from "@seer/system";
import { installWorkspace } from "@seer/workspace";
import type { RepositoryStep } from "../../plan/plan.ts";
import { copySteps } from "../../runtime/copy-steps.ts";
import type { StepHandlers } from "../../runtime/execute-plan.ts";
import { installRepository } from "../../runtime/install-repository.ts";
import { buildRepositoryImage } from "../docker/build-repository-image.ts";
import { engineCommand } from "../docker/engine.ts";
import { bootInstance } from "./boot-instance.ts";
import { checkSystemPackages } from "./check-system-packages.ts";
import { assignGpus } from "./choose-gpus.ts";
import { cloneRepository } from "./clone-repository.ts";
import { findCodeServer } from "./find-code-server.ts";
import { insidePaths } from "./layout.ts";
import { placeModel } from "./place-model.ts";
import { prepareServices } from "./prepare-services.ts";
import { pathChanges, relocatePython } from "./restore-files.ts";
import { runWithNetwork } from "./run-with-network.ts";
import type { StartContext } from "./start-context.ts";

/** Carries out the steps of a plan on this machine. */
export function stepHandlers(context: StartContext): StepHandlers {
  const { directories, isolated } = context;
  const { onProgress, signal, workspace } = context.options;
  const placed = new Map<string, string>();
  return {
    gpu: async (step) => {
      context.gpu = step;
      await assignGpus(step, context);
    },
    "system-packages": checkSystemPackages,
    model: async (step) => {
      const { models } = directories;
      const real = (path: string) => context.real(path);
      const { secrets } = context.options;
      const found = await placeModel(step, { models, isolated, real, placed, secrets, onProgress, signal });
      onProgress(`Model ${step.name} at ${step.path}`);
      context.modelMounts.push(...found.mounts);
      context.models.push(found.step);
    },
    python: async (step) => {
      const { plannedServices } = context;
      // Checked first, because it is fast and can fail.
      const codeServer = plannedServices.includes("code-server") ? await findCodeServer() : undefined;
      const environment = await pythonEnvironment(step, {
        onProgress,
        signal,
        isolation: context.isolation,
      });
      context.environment = environment;
      context.serviceNeeds = await prepareServices(plannedServices, {
        isolation: context.isolation,
        python: step,
        environment,
        codeServer,
        onProgress,
        signal,
      });
      await makeSandboxPython(context.environment, {
        directory: directories.python,
        inside: context.real(insidePaths.python),
        environmentInside: context.real(insidePaths.environment),
      });
      if (context.snapshotPaths !== undefined) {
        await relocatePython(
          directories.python,
          pathChanges(context.snapshotPaths, (path) => context.real(path)),
        );
      }
    },
    instance: async (step) => {
      const libraries = `${context.real(insidePaths.workspace)}/lib`;
      context.pythonPath = [libraries, step.env.PYTHONPATH].filter(Boolean).join(delimiter);
      context.instance = await bootInstance(step, context);
      context.options.onInstance(context.instance);
    },
    repository: (step) => checkOut(step, context),
    ...copySteps(context),
    workspace: async ({ root }) => {
      if (workspace !== undefined) await installWorkspace(workspace, context.instance, { root, signal });
    },
  };
}

async function checkOut(step: RepositoryStep, context: StartContext): Promise<void> {
  const { onProgress, signal } = context.options;
  onProgress(`Cloning ${withoutCredentials(step.name)}${step.ref === undefined ? "" : ` at ${step.ref}`}`);
  const commit = await cloneRepository(step, {
    python: context.environment.executable,
    scratch: `${context.directories.root}/clone`,
    target: `${context.directories.workspace}${step.path.slice(insidePaths.workspace.length)}`,
    signal,
  });
  const run =
    context.installView &&
    ((argv: string[], env: Readonly<Record<string, string>>) => runWithNetwork(argv, env, context));
  if (step.install !== false) {
    const env = await pipVariables(context);
    await installRepository(step, context.instance, { onProgress, signal, env, run });
  }
  const path = context.real(step.path);
  const image = await buildImage(step, commit, context);
  context.repos.push({
    url: withoutCredentials(step.name),
    commit,
    path,
    installed: step.install !== false,
    image,
  });
}

async function pipVariables({ environment, options }: StartContext): Promise<Record<string, string>> {
  const { executable, pipWheel } = environment;
  const pip = pipWheel === null ? undefined : `${pipWheel}/pip`;
  const { signal } = options;
  return publicPipVariables(await readIndexSettings({ python: executable, installer: "pip", pip, signal }));
}

async function buildImage(step: RepositoryStep, commit: string, context: StartContext) {
  const { docker, instance, options } = context;
  if (step.dockerfile === undefined || docker === undefined) return undefined;
  const engine = engineCommand(docker.kind);
  return await buildRepositoryImage(instance, step, { ...options, commit, engine, hostNetwork: false });
}

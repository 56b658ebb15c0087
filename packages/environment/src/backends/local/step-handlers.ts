import { delimiter } from "node:path";
import { installWorkspace } from "@seer/workspace";
import type { RepositoryStep } from "../../plan/plan.ts";
import { withoutCredentials } from "../../plan/without-credentials.ts";
import { startService } from "../../services/start-service.ts";
import { pythonEnvironment } from "../../this-machine/python-environment.ts";
import type { StepHandlers } from "../carry-out.ts";
import { copySteps } from "../copy-steps.ts";
import { buildRepositoryImage } from "../docker/build-repository-image.ts";
import { engineCommand } from "../docker/engine.ts";
import { installRepository } from "../install-repository.ts";
import { bootMachine } from "./boot-machine.ts";
import { runWithNetwork } from "./egress/run-with-network.ts";
import { takeGpus } from "./gpus/take-gpus.ts";
import { places } from "./layout.ts";
import { checkSystemPackages } from "./place/check-system-packages.ts";
import { cloneRepository } from "./place/clone-repository.ts";
import { placeModel } from "./place/place-model.ts";
import { makeSandboxPython } from "./python/sandbox-python.ts";
import { findCodeServer } from "./services/find-code-server.ts";
import { prepareServices } from "./services/prepare-services.ts";
import { movePython } from "./snapshot/move-python.ts";
import { movesOf } from "./snapshot/restore.ts";
import type { StartContext } from "./start-context.ts";

/** What each step of a plan means on this machine. */
export function stepHandlers(context: StartContext): StepHandlers {
  const { directories, isolated } = context;
  const { onProgress, signal, workspace } = context.options;
  const placed = new Map<string, string>();
  return {
    gpu: async (step) => {
      context.gpu = step;
      await takeGpus(step, context);
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
      // What costs nothing, and may fail, comes first.
      const codeServer = plannedServices.includes("code-server") ? await findCodeServer() : undefined;
      const environment = await pythonEnvironment(step, { onProgress, signal });
      context.environment = environment;
      context.serviceNeeds = await prepareServices(plannedServices, {
        python: step,
        environment,
        codeServer,
        onProgress,
        signal,
      });
      await makeSandboxPython(context.environment, {
        directory: directories.python,
        inside: context.real(places.python),
        environmentInside: context.real(places.environment),
      });
      if (context.before !== undefined) {
        await movePython(
          directories.python,
          movesOf(context.before, (path) => context.real(path)),
        );
      }
    },
    machine: async (step) => {
      const libraries = `${context.real(places.workspace)}/lib`;
      context.pythonPath = [libraries, step.env.PYTHONPATH].filter(Boolean).join(delimiter);
      context.machine = await bootMachine(step, context);
      context.options.onMachine(context.machine);
    },
    repository: (step) => checkOut(step, context),
    ...copySteps(context),
    workspace: async ({ root }) => {
      if (workspace !== undefined) await installWorkspace(workspace, context.machine, { root, signal });
    },
    service: async ({ service }) => {
      const { machine, serviceNeeds } = context;
      const { codeServer } = serviceNeeds;
      context.services.push(await startService(machine, service, { onProgress, signal, codeServer }));
    },
  };
}

async function checkOut(step: RepositoryStep, context: StartContext): Promise<void> {
  const { onProgress, signal } = context.options;
  onProgress(`Cloning ${withoutCredentials(step.name)}${step.ref === undefined ? "" : ` at ${step.ref}`}`);
  const commit = await cloneRepository(step, {
    python: context.environment.executable,
    scratch: `${context.directories.root}/clone`,
    target: `${context.directories.workspace}${step.path.slice(places.workspace.length)}`,
    signal,
  });
  const run =
    context.sealed &&
    ((argv: string[], env: Readonly<Record<string, string>>) => runWithNetwork(argv, env, context));
  if (step.install) await installRepository(step, context.machine, { onProgress, signal, run });
  const path = context.real(step.path);
  const image = await buildImage(step, commit, context);
  context.repos.push({ url: withoutCredentials(step.name), commit, path, installed: step.install, image });
}

async function buildImage(step: RepositoryStep, commit: string, context: StartContext) {
  const { docker, machine, options } = context;
  if (step.dockerfile === undefined || docker === undefined) return undefined;
  const engine = engineCommand(docker.kind);
  return await buildRepositoryImage(machine, step, { ...options, commit, engine, hostNetwork: false });
}

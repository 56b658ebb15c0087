import { rm } from "node:fs/promises";
import {
  certificatePaths,
  compileSource,
  hostSourceDirectory,
  type Mount,
  type NetworkAccess,
  pythonMounts,
  systemCallFilter,
} from "@seer/rpc/launch";
import { environmentIdOf, identify, noteUse } from "@seer/system";
import { cacheName } from "../../models/hub-cache.ts";
import type { InstanceStep } from "../../plan/plan.ts";
import type { MeteredResources } from "../../runtime/meter.ts";
import { modelHandle } from "../../runtime/model-handle.ts";
import { pythonSource } from "../../runtime/python-source.ts";
import { runtimePaths } from "../../runtime/runtime-paths.ts";
import { timings } from "../../runtime/timings.ts";
import { shareEngine } from "../docker/share-engine.ts";
import { boot, isWithoutNetwork, type SandboxView } from "./boot.ts";
import { endPendingBoot } from "./end-pending-boot.ts";
import { gpuDevices } from "./find-gpus.ts";
import { insidePaths, readOnlyMounts, writableMounts } from "./layout.ts";
import { LocalInstance } from "./local-instance.ts";
import { networkOf, networkView } from "./network-of.ts";
import { type SandboxRecord, writeRecord } from "./sandbox-directory.ts";
import { sandboxVariables } from "./sandbox-variables.ts";
import type { StartContext } from "./start-context.ts";

/** Starts the sandbox's init process with everything that earlier steps have prepared, and connects to it. */
export async function bootInstance(step: InstanceStep, context: StartContext): Promise<LocalInstance> {
  const { id, directories, environment, isolated } = context;
  const { meter } = context.options;
  const metered: MeteredResources = {
    purpose: "sandbox",
    gpu: context.gpu?.gpu ?? null,
    gpuCount: context.gpu?.count ?? 0,
  };
  await Promise.all(
    [hostSourceDirectory(), pythonSource()].map((source) => compileSource(source, environment)),
  );
  using pending = endPendingBoot(context.options, directories);
  const start = async (network: NetworkAccess | undefined) => {
    const sandboxView = isolated ? await createView(network, context) : undefined;
    if (step.egress !== true && sandboxView !== undefined) {
      context.installView = { view: sandboxView, env: sandboxVariables(step, context, {}) };
    }
    return await boot({
      python: environment.executable,
      directories,
      view: sandboxView,
      network,
      limits: step.limits,
      initSource: context.real(insidePaths.init),
      settings: {
        id,
        cwd: context.real(insidePaths.workspace),
        env: sandboxVariables(step, context, context.options.secrets),
        leaseMs: timings.leaseMs,
        ...meter.timeLimit(metered, step.timeoutMs),
        endReasonFile: context.real(runtimePaths.endReason),
        adoptOrphans: !isolated,
        hidden: network !== undefined,
      },
      onSpawned: pending.spawned,
      signal: context.options.signal,
    });
  };
  let network = networkOf(step, context);
  const booted = await start(network).catch(async (error) => {
    if (!isWithoutNetwork(error) || step.egress !== true) throw error;
    context.options.onProgress(`Isolation: shares this machine's network (${(error as Error).message})`);
    network = undefined;
    await rm(directories.socket, { force: true });
    return await start(network);
  });
  context.hasOwnNetwork = network !== undefined;
  const record: SandboxRecord = { ...startingRecord(context), processes: booted.processes };
  // Recorded for the sandbox too, which may outlive this process.
  for (const used of await usedBy(context))
    await noteUse(used, { ...booted.processes.init, sandbox: context.name });
  meter.begin({ id, ...metered });
  await writeRecord(record);
  return new LocalInstance(record, booted);
}

/** IDs of the shared environments and models that a sandbox uses. */
async function usedBy({ environment, serviceNeeds, models }: StartContext): Promise<Set<string>> {
  const paths = [environment.directory, ...serviceNeeds.mounts.map(([path]) => path)];
  const sources = models.flatMap(({ source, adapter }) => [source, adapter?.base?.source]);
  const environments = await Promise.all(paths.map(environmentIdOf));
  return new Set([
    ...environments.filter((id) => id !== undefined),
    ...sources.flatMap((source) => (source?.from === "hub" ? [cacheName(source.id)] : [])),
  ]);
}

/** The sandbox's record while its steps run. */
export function startingRecord(context: StartContext): SandboxRecord {
  const { id, name, kind, egress, isolation, createdAt, models, repos, options, paths, pythonPath } = context;
  return {
    version: 1,
    owner: identify(process.pid),
    paths,
    ...(context.gpus.length === 0 ? {} : { gpus: context.gpus }),
    ...(context.hasOwnNetwork ? { hasOwnNetwork: true } : {}),
    state: {
      id,
      name,
      kind,
      backend: "local",
      createdAt: createdAt.toISOString(),
      isolation,
      gpu: context.gpu?.gpu ?? null,
      gpuCount: context.gpu?.count ?? 1,
      egress,
      pythonPath,
      models: models.map((model) => modelHandle(model, (path) => context.real(path))),
      repos,
      interfaces: [],
      services: [],
      secrets: Object.keys(options.secrets),
    },
  };
}

async function createView(network: NetworkAccess | undefined, context: StartContext): Promise<SandboxView> {
  const { environment, directories, modelMounts, gpu, serviceNeeds, docker } = context;
  const engine = docker && shareEngine(docker, { isolated: true });
  const { executable, prefixes } = environment;
  const python = await pythonMounts({ executable, prefixes, version: [3, 10, 0] });
  const writable = writableMounts(directories);
  return {
    readOnly: [
      ...python.readOnly,
      ...readOnlyMounts(environment.directory),
      ...serviceNeeds.mounts,
      ...modelMounts,
      ...certificatePaths().map((path) => [path, path] as const),
      ...(engine?.readOnly ?? []),
    ],
    writable: [...writable, ...(engine?.writable ?? [])],
    symlinks: python.symlinks,
    // A snapshot may contain links in a writable directory; they must not decide where the interpreter is mounted.
    covered: directoriesBelow(writable, [...python.readOnly, ...python.symlinks]),
    network: await networkView(network, context),
    filter: systemCallFilter(context.isolation),
    devices: gpu === undefined ? ("none" as const) : ((await gpuDevices(context.gpus)) ?? ("gpu" as const)),
  };
}

/** For each path of `inner` that is below a directory of `outer`: that directory's child on the way to the path. */
function directoriesBelow(outer: readonly Mount[], inner: readonly Mount[]): string[] {
  const found = outer.flatMap(([, directory]) =>
    inner.flatMap(([, path]) => {
      const [name, ...rest] = path.startsWith(`${directory}/`)
        ? path.slice(directory.length + 1).split("/")
        : [];
      return name === undefined || rest.length === 0 ? [] : [`${directory}/${name}`];
    }),
  );
  return [...new Set(found)];
}

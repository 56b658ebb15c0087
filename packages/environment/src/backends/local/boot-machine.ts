import { certificatePaths, pythonMounts } from "@seer/rpc/launch";
import { machineWith } from "../../ledger/machine-of.ts";
import { timeLimit } from "../../ledger/time-limit.ts";
import type { MachineStep } from "../../plan/plan.ts";
import { identify } from "../../this-machine/process-identity.ts";
import { shareEngine } from "../docker/share-engine.ts";
import { modelHandle } from "../model-handle.ts";
import { boot, type SandboxView } from "./boot.ts";
import { endPendingBoot } from "./end-pending-boot.ts";
import { gpuDevices } from "./gpus/gpu-devices.ts";
import { places, readOnlyMounts, writableMounts } from "./layout.ts";
import { LocalMachine } from "./local-machine.ts";
import { type SandboxRecord, writeRecord } from "./record.ts";
import { sandboxVariables } from "./sandbox-variables.ts";
import type { StartContext } from "./start-context.ts";

const defaultLeaseMs = 90_000;

/** Starts the sandbox's first process with all that has been prepared for it, and takes hold of it. */
export async function bootMachine(step: MachineStep, context: StartContext): Promise<LocalMachine> {
  const { id, directories, environment, isolated } = context;
  const { meter } = context.options;
  const metered = machineWith(context.gpu);
  const seen = isolated ? await view(step, context) : undefined;
  if (!step.egress && seen !== undefined) {
    context.sealed = { view: seen, env: sandboxVariables(step, context, {}) };
  }
  using pending = endPendingBoot(context.options, directories);
  const booted = await boot({
    python: environment.executable,
    directories,
    view: seen,
    initSource: context.real(places.init),
    settings: {
      id,
      cwd: context.real(places.workspace),
      env: sandboxVariables(step, context, context.options.secrets),
      // A test cannot wait as long as people may.
      leaseMs: Number(process.env.SEER_LEASE_MS) || defaultLeaseMs,
      ...timeLimit(step, meter, metered),
      adoptOrphans: !isolated,
      hidden: !step.egress,
    },
    onSpawned: pending.spawned,
  });
  const record: SandboxRecord = { ...startingRecord(context), processes: booted.processes };
  meter.begin({ id, ...metered });
  await writeRecord(record);
  return new LocalMachine(record, booted);
}

/** What is kept of a sandbox while its steps are carried out. */
export function startingRecord(context: StartContext): SandboxRecord {
  const { id, name, kind, isolation, createdAt, models, repos, options, paths, pythonPath } = context;
  return {
    version: 1,
    owner: identify(process.pid),
    paths,
    ...(context.gpus.length === 0 ? {} : { gpus: context.gpus }),
    ...(context.sealed === undefined ? {} : { egress: false }),
    state: {
      id,
      name,
      kind,
      backend: "local",
      createdAt: createdAt.toISOString(),
      isolation,
      gpu: context.gpu?.gpu ?? null,
      gpuCount: context.gpu?.count ?? 1,
      pythonPath,
      models: models.map((model) => modelHandle(model, (path) => context.real(path))),
      repos,
      interfaces: [],
      services: context.services,
      secrets: Object.keys(options.secrets),
    },
  };
}

async function view({ egress }: MachineStep, context: StartContext): Promise<SandboxView> {
  const { environment, directories, modelMounts, gpu, serviceNeeds, docker } = context;
  const engine = docker && shareEngine(docker, { isolated: true });
  const { executable, prefixes } = environment;
  const python = await pythonMounts({ executable, prefixes, version: [3, 10, 0] });
  return {
    readOnly: [
      ...python.readOnly,
      ...readOnlyMounts(environment.directory),
      ...serviceNeeds.mounts,
      ...modelMounts,
      ...certificatePaths().map((path) => [path, path] as const),
      ...(engine?.readOnly ?? []),
    ],
    writable: [...writableMounts(directories), ...(engine?.writable ?? [])],
    symlinks: python.symlinks,
    network: egress,
    devices: gpu === undefined ? ("none" as const) : ((await gpuDevices(context.gpus)) ?? ("gpu" as const)),
  };
}

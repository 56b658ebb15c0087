import type { Image, Sandbox, SandboxCreateParams, Volume } from "modal";
import { EnvironmentError } from "../../errors.ts";
import { modalGpu } from "../../gpus/find-gpu.ts";
import { timeLimit } from "../../ledger/time-limit.ts";
import { orAborted } from "../../or-aborted.ts";
import type { MachineStep } from "../../plan/plan.ts";
import { runtimePaths } from "../runtime-paths.ts";
import { askModal, isModalError, saidBy, status, statusOf } from "./ask-modal.ts";
import { endInterrupted } from "./end-interrupted.ts";
import { leaseMs } from "./hold.ts";
import { initCommand } from "./init-command.ts";
import { longestMs } from "./limits.ts";
import { ModalMachine } from "./modal-machine.ts";
import { ports } from "./ports.ts";
import type { StartContext } from "./start-context.ts";
import { packTags } from "./tags.ts";

export interface Furnishing {
  image: Image;
  /** By the path at which each is mounted. */
  volumes: Readonly<Record<string, Volume>>;
}

// Until there is a machine: a GPU may have to become free.
const patienceMs = { cpu: 5 * 60_000, gpu: 15 * 60_000 };
// The first process ends the sandbox in time and can say why; this is for one that does not.
const marginMs = 30_000;
const complaintMs = 5000;
const sayMs = 30_000;

/**
 * Makes the sandbox on Modal and takes hold of it. Whatever happens meanwhile, none is left that nobody holds.
 *
 * @throws EnvironmentError `environment/gpu-unavailable`, `environment/name-taken` or `environment/start-failed`
 */
export async function createSandbox(
  step: MachineStep,
  furnishing: Furnishing,
  context: StartContext,
): Promise<ModalMachine> {
  const { options, gpu, purpose } = context;
  const { meter, signal, onProgress } = options;
  const metered = { purpose, gpu: gpu?.gpu ?? null, gpuCount: gpu?.count ?? 1 } as const;
  const limit = timeLimit(step, meter, metered);
  const params = await paramsFor(step, furnishing, context, limit);
  onProgress(gpu === undefined ? "Machine on Modal" : `Machine on Modal with ${gpu.count} × ${gpu.gpu}`);
  const { client, app } = context.session;
  using pending = endInterrupted(context);
  const created = client.sandboxes.create(app, furnishing.image, params);
  let id: string | undefined;
  try {
    const sandbox = await patiently(created, context);
    id = sandbox.sandboxId;
    meter.begin({ ...metered, id });
    const machine = await orAborted(takeHold(sandbox, context), signal);
    void machine.ended.then((reason) => meter.end(sandbox.sandboxId, reason));
    options.onMachine(machine);
    return machine;
  } catch (error) {
    if (!isRefusal(error)) await pending.end(created);
    if (id !== undefined) meter.end(id, "terminated");
    throw error;
  }
}

/** A GPU may have to become free, which is nothing to be silent about. */
async function patiently(created: Promise<Sandbox>, context: StartContext): Promise<Sandbox> {
  const { signal, onProgress } = context.options;
  const began = performance.now();
  const timer = setInterval(() => {
    onProgress(`  Modal has had none for ${Math.round((performance.now() - began) / 1000)} s`);
  }, sayMs);
  const deadlineMs = waitMs(context);
  try {
    return await askModal("start a sandbox", () => created.catch(explain(context)), {
      signal,
      deadlineMs,
      late: () => noCapacity(context, `none was free within ${Math.round(deadlineMs / 1000)} s`),
    });
  } finally {
    clearInterval(timer);
  }
}

async function paramsFor(
  { env, egress, docker }: MachineStep,
  { volumes }: Furnishing,
  context: StartContext,
  limit: { timeoutMs: number; timeoutReason: string },
): Promise<SandboxCreateParams> {
  const { options, gpu, models, session } = context;
  const { name, secrets } = options;
  const variables = {
    LANG: "C.UTF-8",
    PATH: `${runtimePaths.environment}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    VIRTUAL_ENV: runtimePaths.environment,
    ...Object.fromEntries(models.map(({ variable, path }) => [variable, path])),
    ...env,
    PYTHONPATH: context.pythonPath,
  };
  const seconds = Math.ceil(limit.timeoutMs / 1000) + marginMs / 1000;
  return {
    command: initCommand({ ...limit, id: context.start, leaseMs: leaseMs() }),
    workdir: runtimePaths.init,
    env: variables,
    volumes: { ...volumes },
    // Large files take memory to fetch; nobody calls who fetches them.
    ...(context.purpose === "weights" ? { cpu: 2, memoryMiB: 4096 } : { encryptedPorts: [...ports] }),
    timeoutMs: Math.min(seconds * 1000, longestMs),
    tags: packTags(context.tags),
    ...(name === undefined ? {} : { name }),
    ...(Object.keys(secrets).length === 0
      ? {}
      : { secrets: [await session.client.secrets.fromObject({ ...secrets })] }),
    ...(gpu === undefined ? {} : { gpu: modalGpu(gpu.gpu, gpu.count) }),
    ...(docker ? { experimentalOptions: { enable_docker: true } } : {}),
    // `blockNetwork` would cut what comes in through the ports as well.
    ...(egress || context.cutsNetworkLate ? {} : { outboundCidrAllowlist: [], outboundDomainAllowlist: [] }),
  };
}

async function takeHold(sandbox: Sandbox, context: StartContext): Promise<ModalMachine> {
  try {
    return await ModalMachine.begin(sandbox, context.state(sandbox), context.tags);
  } catch (error) {
    context.options.signal?.throwIfAborted();
    if (!(EnvironmentError.isInstance(error) && error.code === "environment/ended")) throw error;
    const said = await askModal("read what a sandbox said", () => sandbox.stderr.readText(), {
      deadlineMs: complaintMs,
    }).catch(() => "");
    throw new EnvironmentError(
      "environment/start-failed",
      `The sandbox on Modal did not start${said.trim() === "" ? "" : `:\n${said.trim()}`}`,
      { cause: error },
    );
  }
}

/** What the SDK's errors mean here. */
function explain(context: StartContext): (error: unknown) => never {
  const { name } = context.options;
  return (error) => {
    if (isModalError(error, "AlreadyExistsError")) {
      throw new EnvironmentError("environment/name-taken", `A sandbox called ${name} is running on Modal`, {
        hint: `Choose another name, end that one, or take it up with Sandbox.fromId("${name}").`,
        cause: error,
      });
    }
    const isExhausted =
      isModalError(error, "ResourceExhaustedError") || statusOf(error) === status.resourceExhausted;
    if (isExhausted && context.gpu !== undefined) throw noCapacity(context, saidBy(error), error);
    if (isModalError(error, "InvalidError", "ConflictError") || statusOf(error) === status.invalidArgument) {
      throw new EnvironmentError(
        "environment/start-failed",
        `Modal starts no such sandbox: ${saidBy(error)}`,
        {
          cause: error,
        },
      );
    }
    throw error;
  };
}

/** After which there is nothing to end. */
function isRefusal(error: unknown): boolean {
  return EnvironmentError.isInstance(error) && error.code === "environment/name-taken";
}

function noCapacity({ gpu }: StartContext, said: string, cause?: unknown): EnvironmentError {
  if (gpu === undefined) {
    return new EnvironmentError("environment/backend-unreachable", `Modal started no sandbox: ${said}`, {
      hint: "Try again; https://status.modal.com says whether Modal is well.",
      cause,
    });
  }
  const wanted = gpu.count === 1 ? `the GPU ${gpu.gpu}` : `${gpu.count} GPUs ${gpu.gpu}`;
  return new EnvironmentError("environment/gpu-unavailable", `Modal has no machine with ${wanted}: ${said}`, {
    hint: "Try again later, or ask for another GPU or fewer of them: `seer gpus` lists them.",
    cause,
  });
}

function waitMs({ gpu }: StartContext): number {
  // A test cannot wait as long as people may.
  return Number(process.env.SEER_CREATE_MS) || (gpu === undefined ? patienceMs.cpu : patienceMs.gpu);
}

import { raceSignal } from "@seer/config";
import type { Image, Sandbox, SandboxCreateParams, Volume } from "modal";
import { EnvironmentError } from "../../errors.ts";
import { modalGpu } from "../../plan/find-gpu.ts";
import type { InstanceStep } from "../../plan/plan.ts";
import type { TimeLimit } from "../../runtime/meter.ts";
import { runtimePaths } from "../../runtime/runtime-paths.ts";
import { timings } from "../../runtime/timings.ts";
import { callModal, errorText, isModalError, status, statusOf } from "./call-modal.ts";
import { endInterrupted } from "./end-interrupted.ts";
import { initCommand } from "./init-command.ts";
import { maxLifetimeMs, ports } from "./limits.ts";
import { ModalInstance } from "./modal-instance.ts";
import { networkPolicy } from "./network-policy.ts";
import type { StartContext } from "./start-context.ts";
import { packTags } from "./tags.ts";

export interface ImageAndVolumes {
  image: Image;
  /** Volumes by mount path. */
  volumes: Readonly<Record<string, Volume>>;
}

// Init ends the sandbox at its timeout and reports the reason. Modal's own timeout is this much later, as a fallback.
const timeoutMarginMs = 30_000;
const readStderrMs = 5000;
const reportEveryMs = 30_000;

/**
 * Creates a sandbox on Modal and takes a lease on it. If this fails or is interrupted, no sandbox is left running.
 *
 * @throws EnvironmentError `environment/gpu-unavailable`, `environment/name-taken` or `environment/start-failed`
 */
export async function createSandbox(
  step: InstanceStep,
  imageAndVolumes: ImageAndVolumes,
  context: StartContext,
): Promise<ModalInstance> {
  const { options, gpu, purpose } = context;
  const { meter, signal, onProgress } = options;
  const metered = { purpose, gpu: gpu?.gpu ?? null, gpuCount: gpu?.count ?? 1 } as const;
  const limit = meter.timeLimit(metered, step.timeoutMs);
  const params = await paramsFor(step, imageAndVolumes, context, limit);
  onProgress(
    gpu === undefined
      ? "Starting the sandbox on Modal"
      : `Starting the sandbox on Modal with ${gpu.count} × ${gpu.gpu}`,
  );
  const { client, app } = context.session;
  using pending = endInterrupted(context);
  const created = client.sandboxes.create(app, imageAndVolumes.image, params);
  let id: string | undefined;
  try {
    const sandbox = await waitForCapacity(created, context);
    id = sandbox.sandboxId;
    meter.begin({ ...metered, id });
    const instance = await raceSignal(attachTo(sandbox, context), signal);
    void instance.ended.then((reason) => meter.end(sandbox.sandboxId, reason));
    options.onInstance(instance);
    return instance;
  } catch (error) {
    if (!isRefusal(error)) await pending.end(created);
    if (id !== undefined) meter.end(id, "terminated");
    throw error;
  }
}

/** Waits until Modal has capacity, with progress reports. */
async function waitForCapacity(created: Promise<Sandbox>, context: StartContext): Promise<Sandbox> {
  const { signal, onProgress } = context.options;
  const began = performance.now();
  const timer = setInterval(() => {
    onProgress(`  Waiting for Modal capacity (${Math.round((performance.now() - began) / 1000)} s)`);
  }, reportEveryMs);
  const deadlineMs = timings.capacityMs[context.gpu === undefined ? "cpu" : "gpu"];
  try {
    return await callModal("start a sandbox", () => created.catch(explain(context)), {
      signal,
      deadlineMs,
      onDeadline: () => noCapacity(context, `no capacity within ${Math.round(deadlineMs / 1000)} s`),
    });
  } finally {
    clearInterval(timer);
  }
}

async function paramsFor(
  { env, egress, docker }: InstanceStep,
  { volumes }: ImageAndVolumes,
  context: StartContext,
  limit: TimeLimit,
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
  const seconds = Math.ceil((limit.timeoutMs ?? maxLifetimeMs) / 1000) + timeoutMarginMs / 1000;
  return {
    command: initCommand({ ...limit, id: context.start, leaseMs: timings.leaseMs }),
    workdir: runtimePaths.init,
    env: variables,
    volumes: { ...volumes },
    // Fetching large files needs memory. Sandboxes that fetch weights need no ports.
    ...(context.purpose === "weights" ? { cpu: 2, memoryMiB: 4096 } : { encryptedPorts: [...ports] }),
    timeoutMs: Math.min(seconds * 1000, maxLifetimeMs),
    tags: packTags(context.tags),
    ...(name === undefined ? {} : { name }),
    ...(Object.keys(secrets).length === 0
      ? {}
      : { secrets: [await session.client.secrets.fromObject({ ...secrets })] }),
    ...(gpu === undefined ? {} : { gpu: modalGpu(gpu.gpu, gpu.count) }),
    ...(docker ? { experimentalOptions: { enable_docker: true } } : {}),
    ...(context.limitsNetworkLate ? {} : networkPolicy(egress)),
  };
}

async function attachTo(sandbox: Sandbox, context: StartContext): Promise<ModalInstance> {
  try {
    return await ModalInstance.create(sandbox, context.state(sandbox), context.tags);
  } catch (error) {
    context.options.signal?.throwIfAborted();
    if (!(EnvironmentError.isInstance(error) && error.code === "environment/ended")) throw error;
    const stderr = await callModal("read the sandbox's error output", () => sandbox.stderr.readText(), {
      deadlineMs: readStderrMs,
    }).catch(() => "");
    throw new EnvironmentError(
      "environment/start-failed",
      `The sandbox on Modal did not start${stderr.trim() === "" ? "" : `:\n${stderr.trim()}`}`,
      { cause: error },
    );
  }
}

/** Translates errors of the SDK. */
function explain(context: StartContext): (error: unknown) => never {
  const { name } = context.options;
  return (error) => {
    if (isModalError(error, "AlreadyExistsError")) {
      throw new EnvironmentError("environment/name-taken", `A sandbox called ${name} is running on Modal`, {
        hint: `Choose another name, end that sandbox, or attach to it with Sandbox.fromId("${name}").`,
        cause: error,
      });
    }
    const isExhausted =
      isModalError(error, "ResourceExhaustedError") || statusOf(error) === status.resourceExhausted;
    if (isExhausted && context.gpu !== undefined) throw noCapacity(context, errorText(error), error);
    if (isModalError(error, "InvalidError", "ConflictError") || statusOf(error) === status.invalidArgument) {
      throw new EnvironmentError(
        "environment/start-failed",
        `Modal rejected the sandbox's settings: ${errorText(error)}`,
        {
          cause: error,
        },
      );
    }
    throw error;
  };
}

/** Whether Modal refused to create a sandbox, so that there is none to end. */
function isRefusal(error: unknown): boolean {
  return EnvironmentError.isInstance(error) && error.code === "environment/name-taken";
}

function noCapacity({ gpu }: StartContext, reason: string, cause?: unknown): EnvironmentError {
  if (gpu === undefined) {
    return new EnvironmentError(
      "environment/backend-unreachable",
      `Modal did not start the sandbox: ${reason}`,
      {
        hint: "Try again; see https://status.modal.com for outages.",
        cause,
      },
    );
  }
  const request = gpu.count === 1 ? `the GPU ${gpu.gpu}` : `${gpu.count} GPUs ${gpu.gpu}`;
  return new EnvironmentError(
    "environment/gpu-unavailable",
    `Modal has no capacity for ${request}: ${reason}`,
    {
      hint: "Try again later, or request another GPU or fewer; `seer gpus` lists them.",
      cause,
    },
  );
}

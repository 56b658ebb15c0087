import type { Progress } from "@seer/config";
import { EnvironmentError } from "../../../errors.ts";
import { baseSource } from "../../../models/adapter-base.ts";
import { fetchError } from "../../../models/fetch-error.ts";
import type { FetchDone, FetchErrorCode, FetchLine } from "../../../models/fetch-lines.ts";
import { FetchProgress } from "../../../models/fetch-progress.ts";
import { locateModel } from "../../../models/locate-model.ts";
import { namesOf } from "../../../plan/plan.ts";
import type { SandboxInstance } from "../../../runtime/sandbox-instance.ts";
import type { Filled } from "./filled-volumes.ts";
import { runIn, runTool } from "./run-in-instance.ts";
import { uploadWeights } from "./upload-weights.ts";
import type { WantedWeights } from "./wanted-weights.ts";

export interface FillOptions {
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

/** Where the sandbox that fills a volume mounts it. */
export const volumeMount = "/volume";
/** The part of the volume that other sandboxes mount. */
export const weightsFolder = "weights";

const weights = `${volumeMount}/${weightsFolder}`;
// Original files of a hidden model, which reveal its identity.
const scratch = `${volumeMount}/fetched`;
// Written last, so that its presence means that the volume is complete.
const marker = `${volumeMount}/filled.json`;

/** A failure that is known before anything is downloaded, such as a wrong name. */
export class FetchRejected extends EnvironmentError {}

/** Fills a mounted volume with weights. If interrupted, the next call continues. */
export async function fillVolume(
  instance: SandboxInstance,
  wanted: WantedWeights,
  options: FillOptions,
): Promise<Filled> {
  const existing = await readMarker(instance);
  if (existing !== undefined) return existing;
  const target = wanted.hidden === undefined ? weights : scratch;
  const filled = await fetchInto(instance, wanted, target, options);
  if (wanted.hidden !== undefined) await anonymize(instance, wanted, filled, options);
  await instance.writeFile(marker, JSON.stringify(filled));
  // Commits the volume now, not only when the sandbox ends.
  await runIn(instance, ["sync", volumeMount], options.signal);
  return filled;
}

async function fetchInto(
  instance: SandboxInstance,
  wanted: WantedWeights,
  target: string,
  { onProgress, signal }: FillOptions,
): Promise<Filled> {
  const { name, source, adapter } = wanted;
  const progress = new FetchProgress(name, onProgress);
  if (source.from === "directory") {
    const { base } = await locateModel(source, { name, adapter, secrets: {}, onProgress, signal });
    await uploadWeights(instance, source.directory, target, {
      signal,
      onBytes: (line) => progress.add({ type: "progress", fetched: line.bytes, ...line }),
    });
    return { base };
  }
  const request = {
    model: source.id,
    revision: source.revision,
    target,
    adapter,
  };
  const { last, stderr } = await runTool<FetchLine>(instance, "fetch_model", request, {
    signal,
    onLine: (line) => {
      if (line.type !== "done") progress.add(line);
    },
  });
  if (last?.type === "done") return filledWith(last, source.id);
  const failure =
    last?.type === "error"
      ? last
      : ({
          code: "interrupted",
          message: `The download of ${source.id} was interrupted: ${stderr}`,
        } as const);
  const error = failure.code === "disk-full" ? fullVolume(failure.message) : fetchError(source.id, failure);
  throw rejectionCodes.has(failure.code)
    ? new FetchRejected(error.code, error.message, { hint: error.hint })
    : error;
}

/** Replaces the fetch's own message for a full disk, which refers to this machine. */
function fullVolume(message: string): EnvironmentError {
  return new EnvironmentError("environment/disk-full", `The volume on Modal is full: ${message}`, {
    hint: "Choose a smaller `revision` of the model, or ask Modal for a larger volume.",
  });
}

function filledWith({ revision, base }: FetchDone, adapter: string): Filled {
  return { revision, base: base && baseSource(base, adapter) };
}

const rejectionCodes: ReadonlySet<FetchErrorCode> = new Set([
  "not-found",
  "gated",
  "unauthorized",
  "revision",
  "is-adapter",
  "not-adapter",
  "invalid",
]);

/** Moves the fetched files into an anonymized copy. If interrupted, the next call continues. */
async function anonymize(
  instance: SandboxInstance,
  { name, hidden }: WantedWeights,
  { base }: Filled,
  { signal }: FillOptions,
): Promise<void> {
  const sources = [...(hidden?.sources ?? []), ...(base === undefined ? [] : [base])];
  const request = {
    source: scratch,
    target: weights,
    name,
    identifiers: sources.flatMap(namesOf),
    basePath: hidden?.basePath,
    move: true,
  };
  const { last, stderr } = await runTool<{ type: "done" | "error"; message?: string }>(
    instance,
    "anonymize_model",
    request,
    { signal },
  );
  if (last?.type !== "done") {
    throw new EnvironmentError(
      "environment/model-unavailable",
      `The model ${name} cannot be hidden: ${last?.message ?? stderr}`,
      { hint: "Remove `hidden`, or use a copy of the model whose files do not reveal its identity." },
    );
  }
  await runIn(instance, ["rm", "-rf", scratch], signal);
}

async function readMarker(instance: SandboxInstance): Promise<Filled | undefined> {
  try {
    return JSON.parse(new TextDecoder().decode(await instance.readFile(marker))) as Filled;
  } catch (error) {
    if (EnvironmentError.isInstance(error) && error.code === "environment/file-failed") return undefined;
    throw error;
  }
}

import type { Progress } from "@seer/config";
import { EnvironmentError } from "../../../errors.ts";
import { fetchError } from "../../../models/fetch-error.ts";
import type { FetchDone, FetchErrorCode, FetchLine } from "../../../models/fetch-lines.ts";
import { FetchProgress } from "../../../models/fetch-progress.ts";
import { firstPauseMs } from "../../../models/first-pause.ts";
import { baseSource, locateModel } from "../../../models/locate-model.ts";
import type { Machine } from "../../backend.ts";
import type { Filled } from "./filled-volumes.ts";
import { runIn } from "./run-in.ts";
import { runTool } from "./run-tool.ts";
import { uploadWeights } from "./upload-weights.ts";
import { sourceName, type WantedWeights } from "./wanted-weights.ts";

export interface FillOptions {
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

/** Where the sandbox that fills a volume has it. */
export const volumeMount = "/volume";
/** Of the volume, what sandboxes with the model see. */
export const weightsFolder = "weights";

const weights = `${volumeMount}/${weightsFolder}`;
// What a hidden model's weights are made of, which says which model it is.
const scratch = `${volumeMount}/fetched`;
// Written last.
const marker = `${volumeMount}/filled.json`;

/** A fetch that failed before there was anything to fetch. */
export class FetchRefused extends EnvironmentError {}

/** Fills a volume, mounted in a machine, with weights: complete, or so that the next machine goes on with it. */
export async function fillVolume(
  machine: Machine,
  wanted: WantedWeights,
  options: FillOptions,
): Promise<Filled> {
  const before = await readMarker(machine);
  if (before !== undefined) return before;
  const target = wanted.hidden === undefined ? weights : scratch;
  const filled = await bring(machine, wanted, target, options);
  if (wanted.hidden !== undefined) await blind(machine, wanted, filled, options);
  await machine.writeFile(marker, JSON.stringify(filled));
  // Modal keeps what is written from now on, and not only when the sandbox ends.
  await runIn(machine, ["sync", volumeMount], options.signal);
  return filled;
}

async function bring(
  machine: Machine,
  wanted: WantedWeights,
  target: string,
  { onProgress, signal }: FillOptions,
): Promise<Filled> {
  const { name, source, adapter } = wanted;
  const progress = new FetchProgress(name, onProgress);
  if (source.from === "directory") {
    const { base } = await locateModel(source, { name, adapter, secrets: {}, onProgress, signal });
    await uploadWeights(machine, source.directory, target, {
      signal,
      onBytes: (line) => progress.take({ type: "progress", fetched: line.bytes, ...line }),
    });
    return { base };
  }
  const request = {
    model: source.id,
    revision: source.revision,
    target,
    adapter,
    firstPause: firstPauseMs() / 1000,
  };
  const { last, stderr } = await runTool<FetchLine>(machine, "fetch_model", request, {
    signal,
    onLine: (line) => {
      if (line.type !== "done") progress.take(line);
    },
  });
  if (last?.type === "done") return filledWith(last, source.id);
  const failure =
    last?.type === "error"
      ? last
      : ({ code: "interrupted", message: `The download of ${source.id} broke off: ${stderr}` } as const);
  const error = failure.code === "disk-full" ? fullVolume(failure.message) : fetchError(source.id, failure);
  throw refusals.has(failure.code)
    ? new FetchRefused(error.code, error.message, { hint: error.hint })
    : error;
}

/** What the fetch says of a full disk is for one of this machine. */
function fullVolume(message: string): EnvironmentError {
  return new EnvironmentError("environment/disk-full", `The volume on Modal is full: ${message}`, {
    hint: "Name a `revision` of the model that is smaller, or ask Modal for more room in a volume.",
  });
}

function filledWith({ revision, base }: FetchDone, adapter: string): Filled {
  return { revision, base: base && baseSource(base, adapter) };
}

const refusals: ReadonlySet<FetchErrorCode> = new Set([
  "not-found",
  "gated",
  "unauthorized",
  "revision",
  "is-adapter",
  "not-adapter",
  "invalid",
]);

/** Makes what may be seen of what was brought, by moving it. One that was broken off goes on. */
async function blind(
  machine: Machine,
  { name, hidden }: WantedWeights,
  { base }: Filled,
  { signal }: FillOptions,
): Promise<void> {
  const sources = [...(hidden?.sources ?? []), ...(base === undefined ? [] : [base])];
  const request = {
    source: scratch,
    target: weights,
    name,
    telling: sources.map(sourceName),
    basePath: hidden?.basePath,
    move: true,
  };
  const { last, stderr } = await runTool<{ type: "done" | "error"; message?: string }>(
    machine,
    "blind_model",
    request,
    { signal },
  );
  if (last?.type !== "done") {
    throw new EnvironmentError(
      "environment/model-unavailable",
      `The model ${name} cannot be hidden: ${last?.message ?? stderr}`,
      { hint: "Remove `hidden`, or use a copy of the model whose files do not tell." },
    );
  }
  await runIn(machine, ["rm", "-rf", scratch], signal);
}

async function readMarker(machine: Machine): Promise<Filled | undefined> {
  try {
    return JSON.parse(new TextDecoder().decode(await machine.readFile(marker))) as Filled;
  } catch (error) {
    if (EnvironmentError.isInstance(error) && error.code === "environment/file-failed") return undefined;
    throw error;
  }
}

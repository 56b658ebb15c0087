import type { Progress } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import type { ModelSource } from "../plan/plan.ts";
import { findInterpreter } from "../this-machine/find-interpreter.ts";
import { runScript } from "./run-script.ts";

export interface BlindOptions {
  from: string;
  /** A directory for it alone. */
  to: string;
  /** What it is to be called. */
  name: string;
  /** It, and its base: what must not be found any more. */
  sources: readonly ModelSource[];
  /** Where the sandbox has its base, for an adapter. */
  basePath?: string | undefined;
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

type BlindLine =
  | { readonly type: "copying"; readonly file: string }
  | { readonly type: "done"; readonly bytes: number }
  | {
      readonly type: "error";
      readonly code: "cannot-hide" | "disk-full" | "failed";
      readonly message: string;
    };

/**
 * Makes a directory with a model's weights, linked where that can be, and with its settings rewritten so that they do
 * not say which model it is.
 *
 * @throws EnvironmentError `environment/model-unavailable` when its files cannot be changed so
 */
export async function blindModel(options: BlindOptions): Promise<void> {
  const { from, to, name, sources, basePath, onProgress, signal } = options;
  const { executable } = await findInterpreter(undefined, signal);
  const request = { source: from, target: to, name, telling: sources.flatMap(telling), basePath };
  const { last, stderr } = await runScript<BlindLine>("blind_model", request, {
    python: executable,
    signal,
    onLine: (line) => {
      if (line.type === "copying")
        onProgress(`Model ${name}: copying ${line.file}, which is on another disk`);
    },
  });
  if (last?.type === "done") return;
  const failure = last?.type === "error" ? last : { code: "failed", message: stderr };
  if (failure.code === "disk-full") {
    throw new EnvironmentError(
      "environment/disk-full",
      `The model ${name} cannot be put in place: ${failure.message}`,
      { hint: "Make room, or name in SEER_HOME the disk that the weights are on, where they can be linked." },
    );
  }
  throw new EnvironmentError(
    "environment/model-unavailable",
    `The model ${name} cannot be hidden: ${failure.message}`,
    { hint: "Remove `hidden`, or use a copy of the model whose files do not tell." },
  );
}

function telling(source: ModelSource): string[] {
  return source.from === "hub" ? [source.id] : [source.directory];
}

import { findInterpreter } from "../backends/local/python/find-interpreter.ts";
import { EnvironmentError } from "../errors.ts";
import type { ModelSource } from "../plan/plan.ts";
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
  signal?: AbortSignal | undefined;
}

type BlindLine =
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
export async function blindModel({ from, to, name, sources, basePath, signal }: BlindOptions): Promise<void> {
  const { executable } = await findInterpreter(undefined, signal);
  const request = { source: from, target: to, name, telling: sources.flatMap(telling), basePath };
  const { last, stderr } = await runScript<BlindLine>("blind_model", request, { python: executable, signal });
  if (last?.type === "done") return;
  const message = last?.message ?? stderr;
  if (last?.code === "disk-full") {
    throw new EnvironmentError(
      "environment/disk-full",
      `The model ${name} cannot be put in place: ${message}`,
      {
        hint: "Make room, or name a disk with more of it in SEER_HOME.",
      },
    );
  }
  throw new EnvironmentError(
    "environment/model-unavailable",
    `The model ${name} cannot be hidden: ${message}`,
    {
      hint: "Remove `hidden`, or use a copy of the model whose files do not tell.",
    },
  );
}

function telling(source: ModelSource): string[] {
  return source.from === "hub" ? [source.id] : [source.directory];
}

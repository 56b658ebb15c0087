import type { Progress } from "@seer/config";
import { findInterpreter, runScript } from "@seer/system";
import { EnvironmentError } from "../errors.ts";
import { type ModelSource, namesOf } from "../plan/plan.ts";

export interface AnonymizeOptions {
  from: string;
  /** A new directory. */
  to: string;
  /** Its name in the sandbox. */
  name: string;
  /** The model and its base, whose names must not be left anywhere. */
  sources: readonly ModelSource[];
  /** Path of an adapter's base in the sandbox. */
  basePath?: string | undefined;
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

type AnonymizeLine =
  | { readonly type: "copying"; readonly file: string }
  | { readonly type: "done"; readonly bytes: number }
  | {
      readonly type: "error";
      readonly code: "cannot-anonymize" | "disk-full" | "failed";
      readonly message: string;
    };

/**
 * Copies a model without revealing its identity: rewrites its configuration, and links the weights instead of copying
 * them where possible.
 *
 * @throws EnvironmentError `environment/model-unavailable` if its files cannot be anonymized
 */
export async function anonymizeModel(options: AnonymizeOptions): Promise<void> {
  const { from, to, name, sources, basePath, onProgress, signal } = options;
  const { executable } = await findInterpreter(undefined, signal);
  const request = { source: from, target: to, name, identifiers: sources.flatMap(namesOf), basePath };
  const { last, stderr } = await runScript<AnonymizeLine>("anonymize_model", request, {
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
      `The model ${name} cannot be copied: ${failure.message}`,
      {
        hint: "Free disk space, or set SEER_HOME to a directory on the disk with the weights, so that they can be linked.",
      },
    );
  }
  throw new EnvironmentError(
    "environment/model-unavailable",
    `The model ${name} cannot be hidden: ${failure.message}`,
    { hint: "Remove `hidden`, or use a copy of the model whose files do not name it." },
  );
}

import { modelPath } from "@seer/config";
import type { ModelSource, ModelStep } from "../../../plan/plan.ts";

/** Weights that a sandbox has at one path. */
export interface WantedWeights {
  /** What the sandbox calls the model. */
  readonly name: string;
  readonly path: string;
  readonly source: ModelSource;
  /** Whether they are those of a PEFT adapter. */
  readonly adapter: boolean;
  /** For a model that is hidden: what must not be found in it, and where the sandbox has its base. */
  readonly hidden?: { readonly sources: readonly ModelSource[]; readonly basePath?: string } | undefined;
}

/** What a model itself needs, whose base may not be known yet. */
export function ownWeights({ name, varName, path, source, hidden, adapter }: ModelStep): WantedWeights {
  const wanted = { name, path, source, adapter: adapter !== undefined };
  if (!hidden) return wanted;
  const sources = [source, ...(adapter?.base === undefined ? [] : [adapter.base.source])];
  if (adapter === undefined) return { ...wanted, hidden: { sources } };
  const basePath = adapter.base?.path ?? modelPath(`${varName}-base`);
  return { ...wanted, hidden: { sources, basePath } };
}

/** What the base of an adapter needs. */
export function baseWeights(
  { name, hidden, source: adapter }: ModelStep,
  { source, path }: { readonly source: ModelSource; readonly path: string },
): WantedWeights {
  const wanted = { name: `${name}-base`, path, source, adapter: false };
  return hidden ? { ...wanted, hidden: { sources: [source, adapter] } } : wanted;
}

/** A model as the researcher calls it. */
export function sourceName(source: ModelSource): string {
  return source.from === "hub" ? source.id : source.directory;
}

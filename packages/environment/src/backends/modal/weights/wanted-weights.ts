import { modelPath } from "@seer/config";
import type { ModelSource, ModelStep } from "../../../plan/plan.ts";

/** Weights that a sandbox needs at one path. */
export interface WantedWeights {
  /** The model's name in the sandbox. */
  readonly name: string;
  readonly path: string;
  readonly source: ModelSource;
  /** Whether the source is a PEFT adapter. */
  readonly adapter: boolean;
  /** For a hidden model: the sources whose names must be removed, and the base's path in the sandbox. */
  readonly hidden?: { readonly sources: readonly ModelSource[]; readonly basePath?: string } | undefined;
}

/** The weights of a model itself. The base of an adapter may not be known yet. */
export function ownWeights({ name, varName, path, source, hidden, adapter }: ModelStep): WantedWeights {
  const wanted = { name, path, source, adapter: adapter !== undefined };
  if (!hidden) return wanted;
  const sources = [source, ...(adapter?.base === undefined ? [] : [adapter.base.source])];
  if (adapter === undefined) return { ...wanted, hidden: { sources } };
  const basePath = adapter.base?.path ?? modelPath(`${varName}-base`);
  return { ...wanted, hidden: { sources, basePath } };
}

/** The weights of an adapter's base. */
export function baseWeights(
  { name, hidden, source: adapter }: ModelStep,
  { source, path }: { readonly source: ModelSource; readonly path: string },
): WantedWeights {
  const wanted = { name: `${name}-base`, path, source, adapter: false };
  return hidden ? { ...wanted, hidden: { sources: [source, adapter] } } : wanted;
}

import { RemoteRef } from "@seer/rpc";
import type { ExposedFunction, Shape } from "../interface/model.ts";

/** A tool's arguments as the function's: what JSON can only spell out becomes what it stands for. */
export function fromJson(
  { parameters }: ExposedFunction,
  args: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, revive(value, shapes.get(name))]),
  );
}

function revive(value: unknown, shape: Shape | undefined): unknown {
  if (typeof value === "string") return shape?.kind === "bytes" ? Buffer.from(value, "base64") : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value))
    return value.map((item) => revive(item, shape?.kind === "list" ? shape.items : shape));
  // As a result showed it.
  const { $seer: kind, id, type, summary } = value as Record<string, unknown>;
  if (kind === "ref") return new RemoteRef(String(id), String(type), String(summary));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item, undefined)]));
}

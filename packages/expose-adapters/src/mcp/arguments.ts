import { RemoteRef } from "@seer/rpc";

/** A tool's arguments as a function's: a reference, which JSON can only spell out, becomes that reference again. */
export function fromJson(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, revive(value)]));
}

function revive(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(revive);
  const { $seer: kind, id, type, summary } = value as Record<string, unknown>;
  if (kind === "ref") return new RemoteRef(String(id), String(type), String(summary));
  return fromJson(value as Record<string, unknown>);
}

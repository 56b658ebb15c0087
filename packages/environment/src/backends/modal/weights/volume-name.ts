import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { WantedWeights } from "./wanted-weights.ts";

// Part of each name: volumes that an older Seer filled differently are not found.
const format = 1;

/**
 * The name of the volume for weights at one version: a commit of the hub's, or the hash of a directory's content. Only
 * the owner of the account sees it. A sandbox that fills it has the same name, which may have 64 characters.
 */
export function volumeName({ name, source, hidden }: WantedWeights, version: string): string {
  // What a hidden model's settings are rewritten to depends on what it is called.
  const rewritten = hidden === undefined ? null : [name, hidden.basePath ?? null];
  const subject = source.from === "hub" ? source.id : "directory";
  const hash = createHash("sha256")
    .update(JSON.stringify([format, subject, version, rewritten]))
    .digest("hex");
  const text = source.from === "hub" ? source.id.replaceAll("/", "--") : basename(source.directory);
  const readable = text.replaceAll(/[^A-Za-z0-9_.-]/g, "-").slice(0, 32);
  return `seer-weights-${readable}-${hash.slice(0, 16)}`;
}

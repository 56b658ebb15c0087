import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { WantedWeights } from "./wanted-weights.ts";

// Increment when the layout of volumes changes, so that old volumes are not used.
const format = 1;

/**
 * The name of the volume with weights of one version: a commit of the hub, or the content hash of a directory. Only the
 * account's owner sees it. The sandbox that fills the volume has the same name, which is limited to 64 characters.
 */
export function volumeName({ name, source, hidden }: WantedWeights, version: string): string {
  // The rewritten configuration of a hidden model depends on its name in the sandbox.
  const rewritten = hidden === undefined ? null : [name, hidden.basePath ?? null];
  const subject = source.from === "hub" ? source.id : "directory";
  const hash = createHash("sha256")
    .update(JSON.stringify([format, subject, version, rewritten]))
    .digest("hex");
  const text = source.from === "hub" ? source.id.replaceAll("/", "--") : basename(source.directory);
  const readable = text.replaceAll(/[^A-Za-z0-9_.-]/g, "-").slice(0, 32);
  return `seer-weights-${readable}-${hash.slice(0, 16)}`;
}

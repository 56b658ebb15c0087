import { existsSync, statSync } from "node:fs";
import { watch } from "node:fs/promises";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

export interface WatchArgument {
  path: string;
  recursive: boolean;
  filter: string[] | null;
  timeout_secs: number | null;
}

/** Writes one JSON line for each change, until the time is over or the client closes stdin. */
export async function watchPath(
  argument: WatchArgument,
  { stdin, stdout, signal }: { stdin: Readable; stdout: Writable; signal: AbortSignal },
): Promise<void> {
  const isDirectory = statSync(argument.path).isDirectory();
  const ends = [signal];
  if (argument.timeout_secs !== null) ends.push(AbortSignal.timeout(argument.timeout_secs * 1000));
  const closed = new AbortController();
  stdin.on("end", () => closed.abort()).resume();
  ends.push(closed.signal);
  const known = new Set<string>();
  try {
    const events = watch(argument.path, { recursive: argument.recursive, signal: AbortSignal.any(ends) });
    for await (const { eventType, filename } of events) {
      const path = isDirectory && filename ? join(argument.path, filename) : argument.path;
      const type = classify(eventType, path, known);
      if (argument.filter !== null && !argument.filter.includes(type)) continue;
      stdout.write(`${JSON.stringify({ event_type: type, paths: [path] })}\n`);
    }
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
  }
}

/** Linux tells Node only "rename" and "change"; a name that was there and is gone was removed. */
function classify(eventType: string, path: string, known: Set<string>): string {
  if (!existsSync(path)) {
    known.delete(path);
    return "Remove";
  }
  const isNew = eventType === "rename" && !known.has(path);
  known.add(path);
  return isNew ? "Create" : "Modify";
}

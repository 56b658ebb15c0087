import { formatDuration } from "@seer/config";
import type { LogLine } from "@seer/environment";

const call = /^call \S+ (\S+) (done|failed|cancelled) after (?:([\d.]+) ms|the queue)(.*)$/;

/** Formats a line of a host's log for the terminal of `seer serve`, without the IDs of calls. */
export function describeLine({ source, text }: LogLine): {
  kind: "print" | "call" | "failure" | "state";
  text: string;
} {
  if (source === "worker") return { kind: "print", text };
  const [, fn, how, milliseconds, rest] = call.exec(text) ?? [];
  if (fn === undefined) return { kind: "state", text };
  const when = milliseconds === undefined ? "in the queue" : `after ${formatDuration(Number(milliseconds))}`;
  return { kind: how === "done" ? "call" : "failure", text: `${fn} ${how} ${when}${rest}` };
}

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** The processes whose arguments or environment hold a text, such as the id of a sandbox. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => ["cmdline", "environ"].some((file) => read(`/proc/${pid}/${file}`).includes(text)))
    .map(Number);
}

/** Waits until no process has the text, and returns those that still do when the time is over. */
export async function processesGone(text: string, withinMs = 60_000): Promise<number[]> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const left = processesWith(text);
    if (left.length === 0 || performance.now() > deadline) return left;
    await delay(20);
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

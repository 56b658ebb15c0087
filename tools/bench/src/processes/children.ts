import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

// Each child also ends when its standard input closes, so that none remains even if this process is killed.
const children = new Set<ChildProcess>();
const graceMs = 10_000;

export function track(child: ChildProcess): void {
  children.add(child);
  child.once("exit", () => children.delete(child));
}

/** Closes a child's standard input, if it has one, and kills the child if it does not exit. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit");
  if (child.stdin === null) child.kill("SIGINT");
  else child.stdin.end();
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await exited;
  clearTimeout(timer);
}

/** Ends everything on Ctrl-C and SIGTERM. */
export function endChildrenOnSignals(): void {
  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.once(signal, () => {
      void Promise.all([...children].map(endChild)).then(() => process.exit(status));
    });
  }
}

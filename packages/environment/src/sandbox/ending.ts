import type { EndReason, SandboxInstance } from "../runtime/sandbox-instance.ts";

type Ending = Pick<SandboxInstance, "ended" | "terminateNow">;

// Sandboxes that this process owns, and ends when it exits.
const owned = new Map<Ending, (reason: EndReason) => void>();
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Ends an instance when this process exits. If the process is killed, the instance ends by its lease.
 *
 * @param onEnd Called when the instance has ended, also at exit.
 */
export function endWithProcess(instance: Ending, onEnd: (reason: EndReason) => void): void {
  if (owned.size === 0) listen();
  owned.set(instance, onEnd);
  void instance.ended.then((reason) => {
    onEnd(reason);
    forget(instance);
  });
}

export function forget(instance: Ending): void {
  if (owned.delete(instance) && owned.size === 0) unlisten();
}

function listen(): void {
  process.on("exit", endAll);
  for (const signal of signals) process.on(signal, onSignal);
}

function unlisten(): void {
  process.off("exit", endAll);
  for (const signal of signals) process.off(signal, onSignal);
}

function onSignal(signal: NodeJS.Signals): void {
  // If there are other listeners, they decide whether the process ends; then `exit` is emitted.
  if (process.listenerCount(signal) > 1) return;
  endAll();
  unlisten();
  process.kill(process.pid, signal);
}

function endAll(): void {
  for (const [instance, onEnd] of owned) {
    owned.delete(instance);
    instance.terminateNow();
    onEnd("terminated");
  }
}

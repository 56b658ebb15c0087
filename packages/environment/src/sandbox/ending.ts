import type { EndReason, Machine } from "../backends/backend.ts";

type Ending = Pick<Machine, "ended" | "terminateNow">;

// Sandboxes that end with this process, and are ended by it when it can still do something.
const owned = new Map<Ending, (reason: EndReason) => void>();
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Ends a machine with this process; one that is killed outright leaves that to the machine's lease.
 *
 * @param onEnd Told when it has ended, at the end of the process too.
 */
export function endWithProcess(machine: Ending, onEnd: (reason: EndReason) => void): void {
  if (owned.size === 0) listen();
  owned.set(machine, onEnd);
  void machine.ended.then((reason) => {
    onEnd(reason);
    forget(machine);
  });
}

export function forget(machine: Ending): void {
  if (owned.delete(machine) && owned.size === 0) unlisten();
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
  // Whoever else listens decides whether the process ends; if it does, `exit` comes.
  if (process.listenerCount(signal) > 1) return;
  endAll();
  unlisten();
  process.kill(process.pid, signal);
}

function endAll(): void {
  for (const [machine, onEnd] of owned) {
    owned.delete(machine);
    machine.terminateNow();
    onEnd("terminated");
  }
}

import type { EndReason, SandboxInstance } from "../runtime/sandbox-instance.ts";
import { type BeginEntry, type LedgerEntry, writeEntry } from "./ledger.ts";

const everyMs = 60_000;

/** Records in the ledger when instances start and end, and once a minute that they are still running. */
export class Heartbeat {
  readonly #ids = new Set<string>();
  readonly #onFailure: (reason: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #hasFailed = false;

  /** @param onFailure Called once if the ledger cannot be written. */
  constructor(onFailure: (reason: string) => void) {
    this.#onFailure = onFailure;
  }

  begin(entry: Omit<BeginEntry, "type" | "at">): void {
    this.#write({ type: "begin", at: now(), ...entry });
    this.follow(entry.machine);
  }

  /** Records a running instance that another process has started. */
  follow(id: string): void {
    this.#ids.add(id);
    this.#timer ??= setInterval(() => this.#beat(), everyMs).unref();
  }

  end(machine: string, reason: EndReason): void {
    if (this.#drop(machine)) this.#write({ type: "end", at: now(), machine, reason });
  }

  /** Stops recording an unreachable instance, whose end time is unknown. */
  lose(machine: string): void {
    if (this.#drop(machine)) this.#write({ type: "seen", at: now(), machine });
  }

  /** Stops recording an instance that this process is no longer attached to. */
  release(machine: string): void {
    this.#drop(machine);
  }

  #drop(machine: string): boolean {
    if (!this.#ids.delete(machine)) return false;
    if (this.#ids.size > 0) return true;
    clearInterval(this.#timer);
    this.#timer = undefined;
    return true;
  }

  #beat(): void {
    for (const machine of this.#ids) this.#write({ type: "seen", at: now(), machine });
  }

  #write(entry: LedgerEntry): void {
    try {
      writeEntry(entry);
    } catch (error) {
      if (!this.#hasFailed) this.#onFailure((error as Error).message);
      this.#hasFailed = true;
    }
  }
}

function now(): string {
  return new Date().toISOString();
}

/** Records an instance that another process has started, while it runs and when it ends, until disposed of. */
export function followInstance(instance: SandboxInstance): Disposable {
  const { id } = instance.state;
  const heartbeat = new Heartbeat(() => {});
  heartbeat.follow(id);
  void instance.ended.then((reason) =>
    reason === "lost" ? heartbeat.release(id) : heartbeat.end(id, reason),
  );
  return { [Symbol.dispose]: () => heartbeat.release(id) };
}

import type { EndReason } from "../backends/backend.ts";
import type { BeginEntry, LedgerEntry } from "./entries.ts";
import { writeEntry } from "./ledger-file.ts";

const everyMs = 60_000;

/** Writes into the ledger that machines begin, that they are still held, and that they have ended. */
export class Heartbeat {
  readonly #machines = new Set<string>();
  readonly #onFailure: (why: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #hasFailed = false;

  /** @param onFailure Told once, when the ledger cannot be written; that ends nothing. */
  constructor(onFailure: (why: string) => void) {
    this.#onFailure = onFailure;
  }

  begin(entry: Omit<BeginEntry, "type" | "at">): void {
    this.#write({ type: "begin", at: now(), ...entry });
    this.follow(entry.machine);
  }

  /** Somebody else's machine, which is held here from now on. */
  follow(machine: string): void {
    this.#machines.add(machine);
    this.#timer ??= setInterval(() => this.#beat(), everyMs).unref();
  }

  end(machine: string, reason: EndReason): void {
    if (this.#drop(machine)) this.#write({ type: "end", at: now(), machine, reason });
  }

  /** It is not known when it ends. */
  lose(machine: string): void {
    if (this.#drop(machine)) this.#write({ type: "seen", at: now(), machine });
  }

  /** It is not held here any more. */
  release(machine: string): void {
    this.#drop(machine);
  }

  #drop(machine: string): boolean {
    if (!this.#machines.delete(machine)) return false;
    if (this.#machines.size > 0) return true;
    clearInterval(this.#timer);
    this.#timer = undefined;
    return true;
  }

  #beat(): void {
    for (const machine of this.#machines) this.#write({ type: "seen", at: now(), machine });
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

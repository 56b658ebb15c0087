import { type MessageHeader, withDeadline } from "./message-header.ts";
import { type Refusal, refusal } from "./refusal.ts";

export interface HeldMessage {
  readonly data: Buffer;
  readonly isBinary: boolean;
  readonly header: MessageHeader;
}

interface Held extends HeldMessage {
  readonly deadlineAt: number | undefined;
  readonly timer: NodeJS.Timeout | undefined;
}

/** Messages of one connection that wait for their host, in their order. */
export class HeldCalls {
  #held: Held[] = [];
  #bytes = 0;
  readonly #refuse: (id: string, why: Refusal) => void;

  /** @param refuse Answers a call that waits no longer. */
  constructor(refuse: (id: string, why: Refusal) => void) {
    this.#refuse = refuse;
  }

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Of those calls that wait. */
  get headers(): readonly MessageHeader[] {
    return this.#held.map(({ header }) => header).filter(({ op }) => op === "call");
  }

  has(id: string): boolean {
    return this.headers.some((header) => header.id === id);
  }

  add(message: HeldMessage): void {
    const { op, id, deadlineMs } = message.header;
    let timer: NodeJS.Timeout | undefined;
    let deadlineAt: number | undefined;
    if (op === "call" && deadlineMs !== undefined) {
      deadlineAt = performance.now() + deadlineMs;
      const late = () =>
        this.#drop(id, refusal("deadline", `the call ran past its deadline of ${deadlineMs} ms`));
      timer = setTimeout(late, Math.min(deadlineMs, 2 ** 31 - 1)).unref();
    }
    this.#held.push({ ...message, deadlineAt, timer });
    this.#bytes += message.data.byteLength;
  }

  /** Whether there was such a call, which is then cancelled before it has begun. */
  cancel(id: string): boolean {
    if (!this.has(id)) return false;
    this.#drop(id, refusal("cancelled", "the call was cancelled"));
    return true;
  }

  /** All of them, which wait no longer. */
  take(): HeldMessage[] {
    const held = this.#held;
    this.clear();
    return held.map(({ data, isBinary, header, deadlineAt }) => {
      if (deadlineAt === undefined) return { data, isBinary, header };
      return { data: withDeadline(data, deadlineAt - performance.now()), isBinary, header };
    });
  }

  refuseAll(why: Refusal): void {
    const waiting = this.headers;
    this.clear();
    for (const { id } of waiting) this.#refuse(id, why);
  }

  clear(): void {
    for (const { timer } of this.#held) clearTimeout(timer);
    this.#held = [];
    this.#bytes = 0;
  }

  #drop(id: string, why: Refusal): void {
    const dropped = this.#held.filter(({ header }) => header.id === id);
    this.#held = this.#held.filter(({ header }) => header.id !== id);
    for (const { timer, data } of dropped) {
      clearTimeout(timer);
      this.#bytes -= data.byteLength;
    }
    this.#refuse(id, why);
  }
}

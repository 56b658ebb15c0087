import { type MessageHeader, withDeadline } from "./message-header.ts";
import { type Refusal, refusal } from "./refusal.ts";

export interface WaitingMessage {
  readonly data: Buffer;
  readonly isBinary: boolean;
  readonly header: MessageHeader;
}

interface Entry extends WaitingMessage {
  readonly deadlineAt: number | undefined;
  readonly timer: NodeJS.Timeout | undefined;
}

/** Messages of one connection that wait until the host runs, in order of arrival. */
export class WaitingCalls {
  #entries: Entry[] = [];
  #bytes = 0;
  readonly #refuse: (id: string, why: Refusal) => void;

  /** @param refuse Answers a call that is dropped: cancelled, or past its deadline. */
  constructor(refuse: (id: string, why: Refusal) => void) {
    this.#refuse = refuse;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Headers of the waiting calls. */
  get headers(): readonly MessageHeader[] {
    return this.#entries.map(({ header }) => header).filter(({ op }) => op === "call");
  }

  has(id: string): boolean {
    return this.headers.some((header) => header.id === id);
  }

  add(message: WaitingMessage): void {
    const { op, id, deadlineMs } = message.header;
    let timer: NodeJS.Timeout | undefined;
    let deadlineAt: number | undefined;
    if (op === "call" && deadlineMs !== undefined) {
      deadlineAt = performance.now() + deadlineMs;
      const late = () =>
        this.#drop(id, refusal("deadline", `the call ran past its deadline of ${deadlineMs} ms`));
      timer = setTimeout(late, Math.min(deadlineMs, 2 ** 31 - 1)).unref();
    }
    this.#entries.push({ ...message, deadlineAt, timer });
    this.#bytes += message.data.byteLength;
  }

  /** Drops a waiting call; false if there is none. */
  cancel(id: string): boolean {
    if (!this.has(id)) return false;
    this.#drop(id, refusal("cancelled", "the call was cancelled"));
    return true;
  }

  /** Removes and returns all messages, with their remaining deadlines. */
  take(): WaitingMessage[] {
    const entries = this.#entries;
    this.clear();
    return entries.map(({ data, isBinary, header, deadlineAt }) => {
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
    for (const { timer } of this.#entries) clearTimeout(timer);
    this.#entries = [];
    this.#bytes = 0;
  }

  #drop(id: string, why: Refusal): void {
    const dropped = this.#entries.filter(({ header }) => header.id === id);
    this.#entries = this.#entries.filter(({ header }) => header.id !== id);
    for (const { timer, data } of dropped) {
      clearTimeout(timer);
      this.#bytes -= data.byteLength;
    }
    this.#refuse(id, why);
  }
}

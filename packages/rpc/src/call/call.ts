import { errorFromHost, RpcError, type WireError } from "../errors.ts";
import { type Message, type MessageHeader, type PackedMessage, packMessage } from "../messages/message.ts";
import type { CallProgress, OutputStream, WatchOptions } from "./call-options.ts";

/** The outcome of a call. The error is created where it is thrown, so that its stack shows the caller. */
export type Outcome = Result | { error: () => unknown };

export interface Result {
  value: unknown;
  /** Whether the function has yielded items, possibly none, instead of returning a value. */
  isStream: boolean;
}

export interface CallInit {
  id: string;
  /** The message that starts the call; undefined if another client has started it. */
  message?: PackedMessage;
  options: WatchOptions;
  outputFrom?: number;
  /** Receives the items of a stream. */
  onItem?: (item: unknown) => void;
  /** How many items the host may send until more are granted. */
  credit?: number;
}

/** A call in flight: tracks what has arrived, and so what to request after a lost connection. */
export class Call {
  readonly id: string;
  readonly message: PackedMessage | undefined;
  readonly outcome: Promise<Outcome>;
  /** When the message was first passed to a connection; the host may know the call since then. */
  sentAt: number | undefined;
  /** The total number of items that the host may send. */
  granted: number;
  readonly #settle: (outcome: Outcome) => void;
  readonly #options: WatchOptions;
  readonly #onItem: ((item: unknown) => void) | undefined;
  #nextOutput: number;
  #nextItem = 0;
  /** Whether the host is known to have received the call, which must then not be sent again. */
  #known = false;

  constructor({ id, message, options, outputFrom = 0, onItem, credit = 0 }: CallInit) {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.id = id;
    this.message = message;
    this.outcome = promise;
    this.#settle = resolve;
    this.#options = options;
    this.#onItem = onItem;
    this.#nextOutput = outputFrom;
    this.granted = credit;
  }

  /** How many granted items have not arrived yet. */
  get outstanding(): number {
    return this.granted - this.#nextItem;
  }

  /** The message that requests everything about this call that has not arrived yet. */
  attachMessage(): string {
    const header: MessageHeader = { op: "attach", id: this.id, item: this.#nextItem };
    if (wantsOutput(this.#options)) header.output = this.#nextOutput;
    return packMessage(header) as string;
  }

  settle(outcome: Outcome): void {
    this.#settle(outcome);
  }

  /** Handles a message about this call; returns whether it was the last, or the call never reached the host. */
  receive({ header, value }: Message): "more" | "last" | "never-arrived" {
    if (header.op !== "error") this.#known = true;
    switch (header.op) {
      case "result":
        this.settle({ value: value(), isStream: header.items !== undefined });
        return "last";
      case "error": {
        const error = value() as WireError;
        if (error.code === "unknown-call" && this.#neverArrived(error)) return "never-arrived";
        this.settle({ error: () => errorFromHost(error) });
        return "last";
      }
      case "item":
        this.#takeItem(header, value);
        return "more";
      case "output":
        this.#takeOutput(header, value() as string);
        return "more";
      case "progress":
        this.#options.onProgress?.(readProgress(header));
        return "more";
      default:
        return "more";
    }
  }

  /** Whether an unknown call never reached the host, whose records then go back to before it was sent. */
  #neverArrived({ details }: WireError): boolean {
    if (this.message === undefined || this.#known || this.sentAt === undefined) return false;
    const completeForMs = details?.completeForMs;
    // Wall time, because monotonic time stops while this machine sleeps.
    return typeof completeForMs === "number" && Date.now() - this.sentAt < completeForMs;
  }

  #takeItem({ index }: MessageHeader, value: () => unknown): void {
    if (index !== this.#nextItem) {
      throw new RpcError(
        "rpc/protocol",
        `The host sent item ${index} of a stream instead of ${this.#nextItem}`,
      );
    }
    this.#nextItem++;
    this.#onItem?.(value());
  }

  #takeOutput({ offset, stream }: MessageHeader, text: string): void {
    this.#nextOutput = Number(offset) + Buffer.byteLength(text);
    this.#options.onOutput?.(text, stream as OutputStream);
  }
}

/** Whether the host should send a call's output and progress while it runs. */
export function wantsOutput({ onOutput, onProgress }: WatchOptions): boolean {
  return onOutput !== undefined || onProgress !== undefined;
}

function readProgress({ done, total, message }: MessageHeader): CallProgress {
  return {
    done: Number(done),
    total: typeof total === "number" ? total : undefined,
    message: typeof message === "string" ? message : undefined,
  };
}

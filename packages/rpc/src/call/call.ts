import { errorFromHost, RpcError, type WireError } from "../errors.ts";
import { type Message, type MessageHeader, type PackedMessage, packMessage } from "../messages/message.ts";
import type { CallProgress, OutputStream, WatchOptions } from "./call-options.ts";

/** How a call ended. The error is made where it is thrown, so that its stack shows the caller. */
export type Outcome = { value: unknown } | { error: () => unknown };

export interface CallInit {
  id: string;
  /** The message that starts the call; absent when somebody else has started it. */
  message?: PackedMessage;
  options: WatchOptions;
  outputFrom?: number;
  /** Gets the items of a stream. */
  onItem?: (item: unknown) => void;
  /** How many items the host may send before it is granted more. */
  credit?: number;
}

/** One call under way, as this client sees it: what has arrived of it so far, and what to ask for after a lost connection. */
export class Call {
  readonly id: string;
  readonly message: PackedMessage | undefined;
  readonly outcome: Promise<Outcome>;
  /** When the message was first handed to a connection; since then the host may know the call. */
  sentAt: number | undefined;
  /** How many items the host may have sent, all grants together. */
  granted: number;
  readonly #settle: (outcome: Outcome) => void;
  readonly #options: WatchOptions;
  readonly #onItem: ((item: unknown) => void) | undefined;
  #nextOutput: number;
  #nextItem = 0;
  /** Whether the host has shown that it knows this call, so that it must not be sent again. */
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

  /** How many items of what was granted have not come. */
  get outstanding(): number {
    return this.granted - this.#nextItem;
  }

  /** Asks for everything about this call that has not arrived yet. */
  attachMessage(): string {
    const header: MessageHeader = { op: "attach", id: this.id, item: this.#nextItem };
    if (wantsOutput(this.#options)) header.output = this.#nextOutput;
    return packMessage(header) as string;
  }

  settle(outcome: Outcome): void {
    this.#settle(outcome);
  }

  /** Takes a message about this call; says whether it was the last, or that the call never reached the host. */
  receive({ header, value }: Message): "more" | "last" | "never-arrived" {
    if (header.op !== "error") this.#known = true;
    switch (header.op) {
      case "result":
        this.settle({ value: value() });
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

  /** A call that the host does not know may have ended too long ago, unless it knows all since this one was sent. */
  #neverArrived({ details }: WireError): boolean {
    if (this.message === undefined || this.#known || this.sentAt === undefined) return false;
    const completeForMs = details?.completeForMs;
    // Wall time, which goes on while this machine sleeps.
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

/** Whether a call's output and progress are to be sent as they come. */
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

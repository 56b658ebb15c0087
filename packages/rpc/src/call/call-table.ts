import { Connection, type ConnectionOptions } from "../connect/connection.ts";
import type { Hello } from "../connect/socket.ts";
import { RpcError } from "../errors.ts";
import { type Message, type PackedMessage, packMessage } from "../messages/message.ts";
import type { Call, Outcome } from "./call.ts";

/** The calls in flight of one client; they survive the loss of its connection. */
export class CallTable {
  readonly #connection: Connection;
  readonly #calls = new Map<string, Call>();
  /** Cancelled calls that the host has not confirmed, because the message may be lost with the connection. */
  readonly #abandoned = new Set<string>();
  readonly #interfaceListeners = new Set<(revision: number) => void>();
  #instance: string | undefined;
  #revision: number | undefined;

  constructor(options: ConnectionOptions) {
    this.#connection = new Connection(options, {
      onMessage: (message) => this.#receive(message),
      onReopened: (hello) => this.#resume(hello),
      onLost: () => this.#calls.size > 0 || this.#abandoned.size > 0 || this.#interfaceListeners.size > 0,
      onUnreachable: (error) => this.#failAll(error),
    });
  }

  async open(signal: AbortSignal): Promise<void> {
    ({ instance: this.#instance, revision: this.#revision } = await this.#connection.open(signal));
  }

  onInterfaceChange(listener: (revision: number) => void): Disposable {
    // A new function, so that the same listener can be added twice.
    const own = (revision: number) => listener(revision);
    this.#interfaceListeners.add(own);
    return { [Symbol.dispose]: () => void this.#interfaceListeners.delete(own) };
  }

  start(call: Call): void {
    if (this.#connection.isClosed) throw new RpcError("rpc/closed", "This client is closed");
    if (this.#calls.has(call.id)) {
      throw new RpcError("rpc/bad-request", `This client already has a call \`${call.id}\` in flight`);
    }
    this.#calls.set(call.id, call);
    this.#send(call);
  }

  /** Lets a stream send more items. */
  grant(call: Call, items: number): void {
    if (!this.#calls.has(call.id)) return;
    call.granted += items;
    this.#connection.send(creditMessage(call.id, items));
  }

  /** Ends a call locally at once, and tells the host to cancel it. */
  cancel(call: Call, error: () => unknown): void {
    if (!this.#calls.has(call.id)) return;
    this.#end(call, { error });
    if (call.sentAt === undefined) return;
    this.#abandoned.add(call.id);
    this.#connection.send(cancelMessage(call.id));
  }

  async close(): Promise<void> {
    this.#failAll(
      new RpcError("rpc/closed", "The client was closed while the call was in flight", {
        hint: "The call itself continues: another client can `attach` to it.",
      }),
    );
    await this.#connection.close();
  }

  #receive(message: Message): void {
    const { op, id = "" } = message.header;
    if (op === "interface") this.#takeRevision(Number(message.header.revision));
    if (op === "result" || op === "error") this.#abandoned.delete(id);
    const call = this.#calls.get(id);
    if (call === undefined) return;
    try {
      const state = call.receive(message);
      if (state === "last") this.#calls.delete(call.id);
      // The call was lost with the connection. If it arrives after all, its ID prevents a second run.
      else if (state === "never-arrived") this.#connection.send(call.message as PackedMessage);
    } catch (error) {
      // The value cannot be decoded, or the caller's callback has thrown.
      this.cancel(call, () => error);
    }
  }

  #takeRevision(revision: number | undefined): void {
    if (revision === undefined || revision === this.#revision) return;
    this.#revision = revision;
    for (const listener of this.#interfaceListeners) listener(revision);
  }

  #resume({ instance, revision }: Hello): void {
    const restarted = instance !== this.#instance;
    this.#instance = instance;
    for (const id of this.#abandoned) this.#connection.send(cancelMessage(id));
    this.#abandoned.clear();
    for (const call of [...this.#calls.values()]) {
      if (call.sentAt === undefined) this.#send(call);
      else if (restarted) this.#end(call, { error: callLost });
      else this.#attach(call);
    }
    this.#takeRevision(revision);
  }

  #send(call: Call): void {
    if (this.#connection.send(call.message ?? call.attachMessage())) call.sentAt = Date.now();
  }

  #attach(call: Call): void {
    this.#connection.send(call.attachMessage());
    // Credit may have been lost with the connection. Granting it twice only lets the stream run ahead a little more;
    // not granting it would block the stream forever.
    if (call.outstanding > 0) this.#connection.send(creditMessage(call.id, call.outstanding));
  }

  #failAll(error: RpcError): void {
    this.#abandoned.clear();
    for (const call of [...this.#calls.values()]) {
      this.#end(call, {
        error: () => new RpcError(error.code, error.message, { cause: error, hint: error.hint }),
      });
    }
  }

  #end(call: Call, outcome: Outcome): void {
    this.#calls.delete(call.id);
    call.settle(outcome);
  }
}

function cancelMessage(id: string): string {
  return packMessage({ op: "cancel", id }) as string;
}

function creditMessage(id: string, items: number): string {
  return packMessage({ op: "credit", id, items }) as string;
}

function callLost(): RpcError {
  return new RpcError(
    "rpc/call-lost",
    "The host was restarted while the connection was lost; the call may have run",
    {
      hint: "Call again if running it twice does no harm.",
    },
  );
}

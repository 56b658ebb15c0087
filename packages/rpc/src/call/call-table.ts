import { Connection, type ConnectionOptions } from "../connect/connection.ts";
import type { Hello } from "../connect/socket.ts";
import { RpcError } from "../errors.ts";
import { type Message, type PackedMessage, packMessage } from "../messages/message.ts";
import type { Call, Outcome } from "./call.ts";

/** The calls under way over one connection; they outlive the loss of it. */
export class CallTable {
  readonly #connection: Connection;
  readonly #calls = new Map<string, Call>();
  /** Calls that were cancelled, until the host has said that they have ended: a connection may swallow a cancel. */
  readonly #abandoned = new Set<string>();
  #instance: string | undefined;

  constructor(options: ConnectionOptions) {
    this.#connection = new Connection(options, {
      onMessage: (message) => this.#receive(message),
      onReopened: (hello) => this.#resume(hello),
      onLost: () => this.#calls.size > 0 || this.#abandoned.size > 0,
      onUnreachable: (error) => this.#failAll(error),
    });
  }

  async open(signal: AbortSignal): Promise<void> {
    this.#instance = (await this.#connection.open(signal)).instance;
  }

  start(call: Call): void {
    if (this.#connection.isClosed) throw new RpcError("rpc/closed", "This client is closed");
    if (this.#calls.has(call.id)) {
      throw new RpcError("rpc/bad-request", `This client already has a call \`${call.id}\` under way`);
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

  /** Ends a call here at once, and in the host as soon as it hears of it. */
  cancel(call: Call, error: () => unknown): void {
    if (!this.#calls.has(call.id)) return;
    this.#end(call, { error });
    if (call.sentAt === undefined) return;
    this.#abandoned.add(call.id);
    this.#connection.send(cancelMessage(call.id));
  }

  async close(): Promise<void> {
    this.#failAll(
      new RpcError("rpc/closed", "The client was closed while the call was under way", {
        hint: "The call itself goes on: another client can `attach` to it.",
      }),
    );
    await this.#connection.close();
  }

  #receive(message: Message): void {
    const { op, id = "" } = message.header;
    if (op === "result" || op === "error") this.#abandoned.delete(id);
    const call = this.#calls.get(id);
    if (call === undefined) return;
    try {
      const state = call.receive(message);
      if (state === "last") this.#calls.delete(call.id);
      // It was lost with the connection. Should it arrive after all, its id keeps it from running twice.
      else if (state === "never-arrived") this.#connection.send(call.message as PackedMessage);
    } catch (error) {
      // A value that cannot be read, or a caller's own callback.
      this.cancel(call, () => error);
    }
  }

  #resume({ instance }: Hello): void {
    const restarted = instance !== this.#instance;
    this.#instance = instance;
    for (const id of this.#abandoned) this.#connection.send(cancelMessage(id));
    this.#abandoned.clear();
    for (const call of [...this.#calls.values()]) {
      if (call.sentAt === undefined) this.#send(call);
      else if (restarted) this.#end(call, { error: lost });
      else this.#attach(call);
    }
  }

  #send(call: Call): void {
    if (this.#connection.send(call.message ?? call.attachMessage())) call.sentAt = Date.now();
  }

  #attach(call: Call): void {
    this.#connection.send(call.attachMessage());
    // Grants may have been lost with the connection. Granting twice lets the stream run ahead a little more; not
    // granting would stop it for good.
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

function lost(): RpcError {
  return new RpcError(
    "rpc/call-lost",
    "The host was started anew while the connection was lost; the call may have run",
    {
      hint: "Call again if it does no harm to run twice.",
    },
  );
}

import { randomBytes } from "node:crypto";
import { z } from "zod";
import { Call, type CallInit, type Outcome, wantsOutput } from "./call/call.ts";
import type {
  AttachOptions,
  CallArguments,
  CallOptions,
  StreamOptions,
  WatchOptions,
} from "./call/call-options.ts";
import { CallTable } from "./call/call-table.ts";
import { ItemQueue } from "./call/item-queue.ts";
import type { Endpoint } from "./connect/endpoint.ts";
import { parseAnswer, type RequestOptions, request } from "./connect/request.ts";
import { anySignal, timeoutSignal, timerMs } from "./connect/timer.ts";
import { type CallRecord, callRecordSchema } from "./describe/call-record.ts";
import { describeInterface } from "./describe/describe-interface.ts";
import { type Health, healthSchema } from "./describe/health.ts";
import type { InterfaceDescription } from "./describe/interface-description.ts";
import { RpcError } from "./errors.ts";
import { type MessageHeader, packMessage } from "./messages/message.ts";
import { decodeValue } from "./values/decode.ts";
import { RemoteRef } from "./values/remote-ref.ts";

export interface ConnectOptions {
  /** The host's base URL, such as `http://127.0.0.1:41733`. */
  url: string;
  token: string;
  /** Ends the attempt to connect. */
  signal?: AbortSignal | undefined;
  /** How long connecting may take. @default 30_000 */
  timeoutMs?: number | undefined;
  /** How long to try to get a lost connection back before the calls under way fail. @default 30_000 */
  reconnectMs?: number | undefined;
  /** How long a connection may be silent before it is probed; it is given up after three times that. @default 5_000 */
  livenessIntervalMs?: number | undefined;
}

// The host keeps a call's deadline; this is for a host that cannot.
const deadlineGraceMs = 5_000;
const defaultCredit = 16;
const collectCredit = 1024;

/**
 * Calls the functions that a host serves, any number at once over one connection.
 *
 * A lost connection is opened again and the calls under way are taken up where they were, so that nothing is lost
 * and nothing runs twice.
 *
 * @example
 * await using client = await RpcClient.connect({ url, token });
 * const embedding = await client.call("get_embedding", { text: "hi" });
 */
export class RpcClient implements AsyncDisposable {
  readonly url: string;
  readonly #endpoint: Endpoint;
  readonly #calls: CallTable;
  readonly #idPrefix = randomBytes(6).toString("base64url");
  #lastId = 0;

  private constructor(endpoint: Endpoint, calls: CallTable) {
    this.url = endpoint.url;
    this.#endpoint = endpoint;
    this.#calls = calls;
  }

  /** @throws RpcError `rpc/unreachable`, `rpc/unauthorised`, `rpc/protocol` or `rpc/cancelled` */
  static async connect({
    url,
    token,
    signal,
    timeoutMs = 30_000,
    reconnectMs = 30_000,
    livenessIntervalMs = 5_000,
  }: ConnectOptions): Promise<RpcClient> {
    const calls = new CallTable({ url, token, reconnectMs, livenessIntervalMs });
    await calls.open(anySignal(signal, timeoutSignal(timeoutMs)));
    return new RpcClient({ url, token }, calls);
  }

  /**
   * Calls a function and returns its result; the items of one that yields, as a list.
   *
   * @throws RemoteError when the function raises, RpcError when it cannot be called
   */
  async call(fn: string, args: CallArguments = {}, options: CallOptions = {}): Promise<unknown> {
    const { call, header } = this.#prepare(fn, options);
    return await this.#collect({ ...call, message: packMessage(header, args) }, fn, options);
  }

  /**
   * Calls a function that yields, and gives its items as they come. It runs ahead of the reader by `buffer` items at
   * most, and is cancelled when the reader stops.
   */
  async *stream(
    fn: string,
    args: CallArguments = {},
    options: StreamOptions = {},
  ): AsyncGenerator<unknown, void> {
    const { buffer: credit = defaultCredit } = options;
    const { call: init, header } = this.#prepare(fn, options);
    const items = new ItemQueue();
    const message = packMessage({ ...header, credit }, args);
    const call = new Call({ ...init, message, credit, onItem: (item) => items.push(item) });
    const outcome = this.#run(call, fn, options);
    outcome.then(
      () => items.end({}),
      (error: unknown) => items.end({ error }),
    );
    try {
      let read = 0;
      for (let next = await items.next(); next !== undefined; next = await items.next()) {
        yield next.item;
        if (++read < credit / 2) continue;
        this.#calls.grant(call, read);
        read = 0;
      }
    } finally {
      this.#calls.cancel(call, () => new RpcError("rpc/cancelled", `The reader of ${fn} stopped`));
    }
  }

  /** Waits for the result of a call that another client began, or one that this client was closed on. */
  async attach(callId: string, options: AttachOptions = {}): Promise<unknown> {
    const init = { id: callId, options, outputFrom: options.outputFrom ?? 0 };
    return await this.#collect(init, `Call ${callId}`, options);
  }

  /** What the host serves; waits for its file to load, for as long as that takes when no `timeoutMs` is given. */
  async describe(options?: RequestOptions): Promise<InterfaceDescription> {
    return await describeInterface(this.#endpoint, options);
  }

  async health(options?: RequestOptions): Promise<Health> {
    return parseAnswer("health", healthSchema, await this.#request("GET", "health", options));
  }

  /** Cancels a call, whichever client made it, and waits for its end. */
  async cancel(callId: string, options?: RequestOptions): Promise<CallRecord> {
    const body = await this.#request("DELETE", `calls/${encodeURIComponent(callId)}`, options);
    return parseAnswer("record", callRecordSchema, body, decodeValue);
  }

  /** The records of all calls that the host knows, without their results. Needs the admin token. */
  async calls(options?: RequestOptions): Promise<CallRecord[]> {
    const schema = z.object({ calls: z.array(callRecordSchema) });
    return parseAnswer("list of calls", schema, await this.#request("GET", "calls", options)).calls;
  }

  /** The objects that functions have left in the worker by `expose.ref`. */
  async refs(options?: RequestOptions): Promise<RemoteRef[]> {
    const schema = z.object({ refs: z.array(z.custom<RemoteRef>(RemoteRef.isInstance)) });
    const body = await this.#request("GET", "refs", options);
    return parseAnswer("list of references", schema, body, decodeValue).refs;
  }

  /** Lets the worker forget an object that it kept by reference. */
  async free(ref: RemoteRef, options?: RequestOptions): Promise<void> {
    await this.#request("DELETE", `refs/${encodeURIComponent(ref.id)}`, options);
  }

  /** The last lines of the host's log. Needs the admin token, as `restart` and `shutdown` do. */
  async logs({ lines = 100, ...options }: RequestOptions & { lines?: number } = {}): Promise<string> {
    return await this.#request("GET", `logs?lines=${lines}`, options);
  }

  /** Ends the worker and loads the file anew; `describe` waits for that. */
  async restart(options?: RequestOptions): Promise<void> {
    await this.#request("POST", "restart", options);
  }

  /** Ends the host. */
  async shutdown(options?: RequestOptions): Promise<void> {
    await this.#request("POST", "shutdown", options);
  }

  /** Closes the connection. Calls under way go on in the host, where another client can `attach` to them. */
  async close(): Promise<void> {
    await this.#calls.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #prepare(
    fn: string,
    options: CallOptions,
  ): { call: { id: string; options: WatchOptions }; header: MessageHeader } {
    const id = options.callId ?? `${this.#idPrefix}.${++this.#lastId}`;
    const header: MessageHeader = { op: "call", id, function: fn };
    if (options.timeoutMs !== undefined) header.deadlineMs = Math.ceil(timerMs(options.timeoutMs));
    if (wantsOutput(options)) header.output = true;
    return { call: { id, options }, header };
  }

  async #collect(init: CallInit, what: string, options: CallOptions): Promise<unknown> {
    const items: unknown[] = [];
    const onItem = (item: unknown) => {
      const count = items.push(item);
      if (count === 1 || count % collectCredit === 0) this.#calls.grant(call, collectCredit);
    };
    const call = new Call({ ...init, onItem });
    const value = await this.#run(call, what, options);
    return items.length > 0 ? items : value;
  }

  /** Starts a call and waits for its end, whichever of host, signal and deadline brings it. */
  async #run(call: Call, what: string, { signal, timeoutMs }: CallOptions): Promise<unknown> {
    const cancelled = () => new RpcError("rpc/cancelled", `${what} was cancelled`, { cause: signal?.reason });
    if (signal?.aborted) throw cancelled();
    this.#calls.start(call);

    const late = () => new RpcError("rpc/deadline", `${what} did not end within ${timeoutMs} ms`);
    const onAbort = () => this.#calls.cancel(call, cancelled);
    const onDeadline = () => this.#calls.cancel(call, late);
    signal?.addEventListener("abort", onAbort, { once: true });
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(onDeadline, timerMs(timeoutMs + deadlineGraceMs));
    let outcome: Outcome;
    try {
      outcome = await call.outcome;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
    if ("error" in outcome) throw outcome.error();
    return outcome.value;
  }

  #request(method: string, path: string, options?: RequestOptions): Promise<string> {
    return request(this.#endpoint, method, path, options);
  }
}

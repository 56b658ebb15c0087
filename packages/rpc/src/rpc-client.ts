import { randomBytes } from "node:crypto";
import { z } from "zod";
import { Call, type CallInit, type Outcome, type Result, wantsOutput } from "./call/call.ts";
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
import { parseAnswer, type RequestBody, type RequestOptions, request } from "./connect/request.ts";
import { anySignal, timeoutSignal, timerMs } from "./connect/timer.ts";
import { type CallRecord, callRecordSchema } from "./describe/call-record.ts";
import { describeInterface, reloadInterface } from "./describe/describe-interface.ts";
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
  /** Cancels connecting. */
  signal?: AbortSignal | undefined;
  /** How long connecting may take. @default 30_000 */
  timeoutMs?: number | undefined;
  /** How long to try to restore a lost connection before the calls in flight fail. @default 30_000 */
  reconnectMs?: number | undefined;
  /** How long a connection may be silent before it is probed; it is closed after three times that. @default 5_000 */
  livenessIntervalMs?: number | undefined;
}

// The host enforces a call's deadline; this applies if the host does not respond.
const deadlineGraceMs = 5_000;
const defaultCredit = 16;
const collectCredit = 1024;

/**
 * Calls the functions that a host serves, with any number of calls at once over one connection.
 *
 * A lost connection is restored and the calls in flight continue, so that nothing is lost and nothing runs twice.
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
   * Calls a function and returns its result; for a function that yields, the list of its items.
   *
   * @throws RemoteError when the function raises, RpcError when it cannot be called
   */
  async call(fn: string, args: CallArguments = {}, options: CallOptions = {}): Promise<unknown> {
    const { call, header } = this.#prepare(fn, options);
    return await this.#collect({ ...call, message: packMessage(header, args) }, fn, options);
  }

  /**
   * Calls a function that yields, and yields its items as they arrive. The function runs ahead of the reader by at
   * most `buffer` items, and is cancelled if the reader stops. For a function that returns a value, this is the only
   * item.
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
      ({ value, isStream }) => {
        if (!isStream) items.push(value);
        items.end({});
      },
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

  /** Waits for the result of a call that another client has started. */
  async attach(callId: string, options: AttachOptions = {}): Promise<unknown> {
    const init = { id: callId, options, outputFrom: options.outputFrom ?? 0 };
    return await this.#collect(init, `Call ${callId}`, options);
  }

  /**
   * Calls the listener whenever the host serves another version of its file, after a reload or a restart, until the
   * result is disposed.
   */
  onInterfaceChange(listener: (revision: number) => void): Disposable {
    return this.#calls.onInterfaceChange(listener);
  }

  /** Describes what the host serves; waits until its file has loaded, without a limit unless `timeoutMs` is given. */
  async describe(options?: RequestOptions): Promise<InterfaceDescription> {
    return await describeInterface(this.#endpoint, options);
  }

  async health(options?: RequestOptions): Promise<Health> {
    return parseAnswer("health", healthSchema, await this.#request("GET", "health", options));
  }

  /** The record of a call, whichever client made it. */
  async record(callId: string, options?: RequestOptions): Promise<CallRecord> {
    return await this.#requestRecord("GET", callId, options);
  }

  /** Cancels a call, whichever client made it, and waits for its end. */
  async cancel(callId: string, options?: RequestOptions): Promise<CallRecord> {
    return await this.#requestRecord("DELETE", callId, options);
  }

  /** The records of all calls that the host knows, without their results. Needs the admin token. */
  async calls(options?: RequestOptions): Promise<CallRecord[]> {
    const schema = z.object({ calls: z.array(callRecordSchema) });
    return parseAnswer("list of calls", schema, await this.#request("GET", "calls", options)).calls;
  }

  /** The objects that functions have kept in the worker with `expose.ref`. */
  async refs(options?: RequestOptions): Promise<RemoteRef[]> {
    const schema = z.object({ refs: z.array(z.custom<RemoteRef>(RemoteRef.isInstance)) });
    const body = await this.#request("GET", "refs", options);
    return parseAnswer("list of references", schema, body, decodeValue).refs;
  }

  /** Frees an object in the worker. */
  async free(ref: RemoteRef, options?: RequestOptions): Promise<void> {
    await this.#request("DELETE", `refs/${encodeURIComponent(ref.id)}`, options);
  }

  /** The last lines of the host's log. Needs the admin token, like `reload`, `restart` and `shutdown`. */
  async logs({ lines = 100, ...options }: RequestOptions & { lines?: number } = {}): Promise<string> {
    return await this.#request("GET", `logs?lines=${lines}`, options);
  }

  /**
   * Loads the edited file in a new worker, which replaces the current one once it has loaded, and describes it. Calls
   * in flight finish in the old worker. Both versions are in memory at once; use `restart` if they do not fit.
   * Waits without a limit unless `timeoutMs` is given; `signal` and `timeoutMs` cancel the reload.
   *
   * @throws RpcError `rpc/load-failed`, with Python's traceback; the previous version continues to serve
   */
  async reload(options?: RequestOptions): Promise<InterfaceDescription> {
    return await reloadInterface(this.#endpoint, options);
  }

  /** Ends the worker and its calls, and loads the file again; `describe` waits until it has loaded. */
  async restart(options?: RequestOptions): Promise<void> {
    await this.#request("POST", "restart", options);
  }

  /** Stops the host; calls in flight fail with the reason. */
  async shutdown({ reason, ...options }: RequestOptions & { reason?: string } = {}): Promise<void> {
    const body = reason === undefined ? undefined : JSON.stringify({ reason });
    await this.#request("POST", "shutdown", { ...options, body });
  }

  /** Closes the connection. Calls in flight continue in the host, where another client can `attach` to them. */
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
    const { value, isStream } = await this.#run(call, what, options);
    return isStream ? items : value;
  }

  /** Starts a call and waits until the host, the signal or the deadline ends it. */
  async #run(call: Call, what: string, { signal, timeoutMs }: CallOptions): Promise<Result> {
    const cancelled = () => new RpcError("rpc/cancelled", `${what} was cancelled`, { cause: signal?.reason });
    if (signal?.aborted) throw cancelled();
    this.#calls.start(call);

    const deadlineError = () => new RpcError("rpc/deadline", `${what} did not end within ${timeoutMs} ms`);
    const onAbort = () => this.#calls.cancel(call, cancelled);
    const onDeadline = () => this.#calls.cancel(call, deadlineError);
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
    return outcome;
  }

  async #requestRecord(method: string, callId: string, options?: RequestOptions): Promise<CallRecord> {
    const body = await this.#request(method, `calls/${encodeURIComponent(callId)}`, options);
    return parseAnswer("record", callRecordSchema, body, decodeValue);
  }

  #request(method: string, path: string, options?: RequestOptions & RequestBody): Promise<string> {
    return request(this.#endpoint, method, path, options);
  }
}

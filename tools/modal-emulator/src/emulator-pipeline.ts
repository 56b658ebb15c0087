import type { AccessTokens } from "./access-tokens.ts";
import type { Faults } from "./faults/faults.ts";
import type { CallContext } from "./wire/call-context.ts";
import type { Pipeline } from "./wire/pipeline.ts";
import { StatusError } from "./wire/status-error.ts";

/** One call that a client made. */
export interface RecordedCall {
  method: string;
  request: unknown;
  /** Emulated time. */
  at: number;
  idempotencyKey?: string;
  /** 0 for the first try. */
  attempt: number;
}

/** The credentials that the control service accepts. */
export interface Credentials {
  tokenId: string;
  tokenSecret: string;
}

/** Methods that create something: repeated calls with the same idempotency key create it once. */
const CREATING = /^(SandboxCreate|SandboxCreateV2|SecretGetOrCreate|VolumeGetOrCreate|ImageGetOrCreate)$/;

const RECORDED_CALLS = 10_000;

/** Applies faults, token checks and idempotency to every call, and records it for tests. */
export class EmulatorPipeline implements Pipeline {
  readonly calls: RecordedCall[] = [];
  readonly #faults: Faults;
  readonly #tokens: AccessTokens;
  readonly #credentials: Credentials;
  readonly #now: () => number;
  readonly #results = new Map<string, Promise<unknown>>();

  constructor(options: {
    faults: Faults;
    tokens: AccessTokens;
    credentials: Credentials;
    now: () => number;
  }) {
    this.#faults = options.faults;
    this.#tokens = options.tokens;
    this.#credentials = options.credentials;
    this.#now = options.now;
  }

  async enter(request: unknown, context: CallContext): Promise<void> {
    this.#record(request, context);
    const fault = this.#faults.effects.before(context.method);
    if (fault !== undefined) throw fault;
    await this.#faults.effects.passCall(context.method, context.signal);
    this.#authorise(request, context);
  }

  run(context: CallContext, handler: () => Promise<unknown>): Promise<unknown> {
    const key = context.header("x-idempotency-key");
    if (key === undefined || !CREATING.test(context.method)) return handler();
    const known = this.#results.get(key);
    if (known !== undefined) return known;
    const result = handler();
    this.#results.set(key, result);
    result.catch(() => this.#results.delete(key));
    return result;
  }

  leave(context: CallContext): void {
    const fault = this.#faults.effects.after(context.method);
    if (fault !== undefined) throw fault;
  }

  byteBudget(context: CallContext): number {
    return this.#faults.effects.streamBudget(context.method);
  }

  #authorise(request: unknown, context: CallContext): void {
    if (context.service === "router") {
      // A stream of requests names its task in its first message, where its handler checks it.
      const taskId = (request as { taskId?: string }).taskId;
      if (taskId !== undefined) this.#tokens.checkRouter(context.header("authorization"), taskId);
      return;
    }
    const { tokenId, tokenSecret } = this.#credentials;
    if (
      context.header("x-modal-token-id") !== tokenId ||
      context.header("x-modal-token-secret") !== tokenSecret
    ) {
      throw new StatusError("UNAUTHENTICATED", "Token ID or secret is invalid");
    }
    if (context.method !== "AuthTokenGet") this.#tokens.checkAuth(context.header("x-modal-auth-token"));
  }

  #record(request: unknown, context: CallContext): void {
    const idempotencyKey = context.header("x-idempotency-key");
    this.calls.push({
      method: context.method,
      request,
      at: this.#now(),
      attempt: Number(context.header("x-retry-attempt") ?? 0),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    });
    if (this.calls.length > RECORDED_CALLS) this.calls.shift();
  }
}

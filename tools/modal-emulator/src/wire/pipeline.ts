import type { CallContext } from "./call-context.ts";

/** What every call goes through before and after its handler; the server knows nothing else of tokens and faults. */
export interface Pipeline {
  /** Lets a call in, or throws a StatusError. */
  enter(request: unknown, context: CallContext): Promise<void>;
  /** Runs a unary handler, once per idempotency key. */
  run(context: CallContext, handler: () => Promise<unknown>): Promise<unknown>;
  /** Lets a finished call's reply out, or throws. */
  leave(context: CallContext): void;
  /** How many bytes of this stream pass before it breaks off. */
  byteBudget(context: CallContext): number;
}

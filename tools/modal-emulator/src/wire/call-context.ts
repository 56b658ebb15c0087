/** What a handler knows about the call besides its request. */
export interface CallContext {
  /** The method's name without its service, such as "SandboxCreate". */
  readonly method: string;
  readonly service: "control" | "router";
  /** One header, or undefined when the client did not send it. */
  header(name: string): string | undefined;
  /** Aborted when the client hangs up. */
  readonly signal: AbortSignal;
}

/** Answers one method: a message, a promise of one, or for server streams an async generator of them. */
export type Handler = (request: never, context: CallContext) => unknown;

/** Handlers by method name. */
export type Handlers = Readonly<Record<string, Handler>>;

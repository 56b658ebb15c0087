import { type EventEmitter, once } from "node:events";
import type {
  Metadata,
  MethodDefinition,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  sendUnaryData,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { CallContext, Handler, Handlers } from "./call-context.ts";
import type { Pipeline } from "./pipeline.ts";
import { StatusError, toStatusError } from "./status-error.ts";

type Call =
  | ServerUnaryCall<unknown, unknown>
  | ServerReadableStream<unknown, unknown>
  | ServerWritableStream<unknown, unknown>
  | ServerDuplexStream<unknown, unknown>;

/** A service's implementation for `@grpc/grpc-js` out of plain async functions and generators. */
export function bindService(
  service: CallContext["service"],
  definition: ServiceDefinition,
  handlers: Handlers,
  pipeline: Pipeline,
): UntypedServiceImplementation {
  const implementation: UntypedServiceImplementation = {};
  for (const [method, shape] of Object.entries(definition)) {
    const handler = handlers[method];
    if (handler === undefined) throw new Error(`${method} is in the proto but has no handler`);
    implementation[method] = bindMethod({ service, method, shape, handler, pipeline });
  }
  return implementation;
}

interface Bound {
  service: CallContext["service"];
  method: string;
  shape: MethodDefinition<unknown, unknown>;
  handler: Handler;
  pipeline: Pipeline;
}

function bindMethod(bound: Bound): UntypedServiceImplementation[string] {
  if (bound.shape.responseStream) {
    return (call: ServerWritableStream<unknown, unknown>) => void answerStream(bound, call);
  }
  if (bound.shape.requestStream) {
    return (call: ServerReadableStream<unknown, unknown>, reply: sendUnaryData<unknown>) =>
      void answerUnary(bound, call, budgeted(bound, call), reply);
  }
  return (call: ServerUnaryCall<unknown, unknown>, reply: sendUnaryData<unknown>) =>
    void answerUnary(bound, call, call.request, reply);
}

async function answerUnary(
  bound: Bound,
  call: Call,
  request: unknown,
  reply: sendUnaryData<unknown>,
): Promise<void> {
  const { pipeline, handler } = bound;
  const context = createContext(bound, call);
  try {
    await pipeline.enter(request, context);
    const response = await pipeline.run(context, async () => handler(request as never, context));
    pipeline.leave(context);
    reply(null, response ?? {});
  } catch (error) {
    reply(toStatusError(error));
  }
}

async function answerStream(bound: Bound, call: ServerWritableStream<unknown, unknown>): Promise<void> {
  const { pipeline, handler } = bound;
  const context = createContext(bound, call);
  try {
    await pipeline.enter(call.request, context);
    let budget = pipeline.byteBudget(context);
    for await (const message of handler(call.request as never, context) as AsyncIterable<unknown>) {
      if (context.signal.aborted) return;
      budget -= bound.shape.responseSerialize(message).length;
      if (budget < 0) throw brokenStream();
      if (!call.write(message)) await once(call, "drain", { signal: context.signal });
    }
    call.end();
  } catch (error) {
    if (!context.signal.aborted) call.emit("error", toStatusError(error));
  }
}

/** The client's messages, until the fault that cuts this stream off says enough. */
async function* budgeted(
  bound: Bound,
  call: ServerReadableStream<unknown, unknown>,
): AsyncGenerator<unknown> {
  let budget = bound.pipeline.byteBudget(createContext(bound, call));
  for await (const message of call) {
    budget -= bound.shape.requestSerialize(message).length;
    if (budget < 0) throw brokenStream();
    yield message;
  }
}

function brokenStream(): StatusError {
  return new StatusError("UNAVAILABLE", "The stream was cut by an injected fault");
}

function createContext(bound: Bound, call: Call): CallContext {
  const aborter = new AbortController();
  (call as EventEmitter).on("cancelled", () => aborter.abort());
  return {
    method: bound.method,
    service: bound.service,
    header: (name) => headerOf(call.metadata, name),
    signal: aborter.signal,
  };
}

function headerOf(metadata: Metadata, name: string): string | undefined {
  const [value] = metadata.get(name);
  return value === undefined ? undefined : value.toString();
}

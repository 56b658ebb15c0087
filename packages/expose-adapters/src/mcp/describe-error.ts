import { RemoteError, type RpcError } from "@seer/rpc";
import { lastOf } from "./shorten.ts";

/** An error as a model reads it: what happened, what to do about it, and where in the function it was. */
export function describeError(error: RpcError): string {
  const what = RemoteError.isInstance(error) ? `${error.pythonType}: ${error.message}` : error.message;
  return lastOf([what, error.hint, error.traceback].filter((part) => part).join("\n\n"));
}

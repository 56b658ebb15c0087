import { RemoteError, type RpcError } from "@seer/rpc";
import { lastOf } from "./shorten.ts";

/** Describes an error for a model: the message, the hint and the traceback. */
export function describeError(error: RpcError): string {
  const what = RemoteError.isInstance(error) ? `${error.pythonType}: ${error.message}` : error.message;
  return lastOf([what, error.hint, error.traceback].filter((part) => part).join("\n\n"));
}

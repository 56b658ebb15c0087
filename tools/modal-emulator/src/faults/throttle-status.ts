import { Metadata, status } from "@grpc/grpc-js";
import { encodeMessage } from "../wire/load-definitions.ts";
import { StatusError } from "../wire/status-error.ts";

/** The error that tells a client when to retry; the SDK obeys it without counting attempts. */
export function throttleStatus(retryAfterMs: number): StatusError {
  const policy = encodeMessage("modal.client.RPCRetryPolicy", { retryAfterSecs: retryAfterMs / 1000 });
  const details = encodeMessage("modal.client.RPCStatus", {
    code: status.RESOURCE_EXHAUSTED,
    message: "Rate limit exceeded",
    details: [{ typeUrl: "type.googleapis.com/modal.client.RPCRetryPolicy", value: policy }],
  });
  const trailer = new Metadata();
  trailer.set("grpc-status-details-bin", details);
  return new StatusError("RESOURCE_EXHAUSTED", "Rate limit exceeded", trailer);
}

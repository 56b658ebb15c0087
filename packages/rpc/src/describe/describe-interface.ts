import type { Endpoint } from "../connect/endpoint.ts";
import { parseAnswer, type RequestOptions, request } from "../connect/request.ts";
import { RpcError } from "../errors.ts";
import { type InterfaceDescription, interfaceSchema } from "./interface-description.ts";

// How long the host may wait for the file to load before it answers.
const waitMs = 20_000;
const graceMs = 10_000;

/** Polls until the file has loaded or failed, or the time is over; loading a model may take long. */
export function describeInterface(
  endpoint: Endpoint,
  options?: RequestOptions,
): Promise<InterfaceDescription> {
  return pollInterface(endpoint, ["GET", "interface"], options);
}

/** Makes the host reload its file, and waits for the outcome; `signal` and `timeoutMs` cancel the reload. */
export async function reloadInterface(
  endpoint: Endpoint,
  options: RequestOptions = {},
): Promise<InterfaceDescription> {
  try {
    return await pollInterface(endpoint, ["POST", "reload"], options);
  } catch (error) {
    const isLate = RpcError.isInstance(error) && error.code === "rpc/loading";
    if (isLate || options.signal?.aborted)
      await request(endpoint, "DELETE", "reload", { timeoutMs: graceMs }).catch(() => {});
    throw error;
  }
}

async function pollInterface(
  endpoint: Endpoint,
  [firstMethod, resource]: [method: "GET" | "POST", resource: string],
  { signal, timeoutMs = Infinity }: RequestOptions = {},
): Promise<InterfaceDescription> {
  const deadline = performance.now() + timeoutMs;
  for (let method = firstMethod; ; method = "GET") {
    const pollMs = Math.max(0, Math.min(waitMs, deadline - performance.now()));
    const path = `${resource}?wait=${(pollMs / 1000).toFixed(3)}`;
    try {
      const body = await request(endpoint, method, path, { signal, timeoutMs: pollMs + graceMs });
      return parseAnswer("description", interfaceSchema, body);
    } catch (error) {
      const loading = RpcError.isInstance(error) && error.code === "rpc/loading";
      if (!loading || performance.now() >= deadline) throw error;
    }
  }
}

import type { Endpoint } from "../connect/endpoint.ts";
import { parseAnswer, type RequestOptions, request } from "../connect/request.ts";
import { RpcError } from "../errors.ts";
import { type InterfaceDescription, interfaceSchema } from "./interface-description.ts";

// While a file loads, the host answers at least this often.
const waitMs = 20_000;
const graceMs = 10_000;

/** Asks until the file is loaded, has failed to, or the time is over; loading may take as long as a model does. */
export async function describeInterface(
  endpoint: Endpoint,
  { signal, timeoutMs = Infinity }: RequestOptions = {},
): Promise<InterfaceDescription> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const patience = Math.max(0, Math.min(waitMs, deadline - performance.now()));
    const path = `interface?wait=${(patience / 1000).toFixed(3)}`;
    try {
      const body = await request(endpoint, "GET", path, { signal, timeoutMs: patience + graceMs });
      return parseAnswer("description", interfaceSchema, body);
    } catch (error) {
      const loading = RpcError.isInstance(error) && error.code === "rpc/loading";
      if (!loading || performance.now() >= deadline) throw error;
    }
  }
}

import type { GatewayRequest } from "./answer-request.ts";
import type { ForwardOptions } from "./forward.ts";
import { resourceOf } from "./host-address.ts";

/** Where a request goes now. */
export function destination({
  request,
  rights,
  gateway,
}: GatewayRequest): Pick<ForwardOptions, "to" | "token" | "agent"> {
  const { host, connections } = gateway;
  if (host === undefined) throw new Error("The sandbox has no host");
  return {
    to: resourceOf(host, request.url ?? "/"),
    token: rights === "admin" ? host.adminToken : host.token,
    agent: connections,
  };
}

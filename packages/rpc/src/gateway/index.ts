export { Gateway, type GatewayOptions } from "./gateway.ts";
export type { HostAddress } from "./host-address.ts";
export type { HostLifecycle, StartFailure, StartProgress } from "./host-lifecycle.ts";
export type { UndeliveredResults } from "./undelivered-results.ts";

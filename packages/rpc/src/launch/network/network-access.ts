import type { AllowedHost } from "@seer/config";

/** The connections that a network namespace allows. */
export interface NetworkAccess {
  /** `true` allows the internet but not this machine; an array allows only these hosts, whose names `hostsFile` resolves. */
  internet: boolean | readonly AllowedHost[];
  /** Loopback ports of the namespace that are forwarded to the same loopback ports of this machine. */
  ports: readonly number[];
}

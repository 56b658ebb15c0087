/** The connections that a network namespace allows. */
export interface NetworkAccess {
  /** `true` allows the internet but not this machine; an array allows only these IPv4 addresses. */
  internet: boolean | readonly string[];
  /** Loopback ports of the namespace that are forwarded to the same loopback ports of this machine. */
  ports: readonly number[];
}

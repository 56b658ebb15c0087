type Listener = (port: number, isServed: boolean) => void;

interface Registry {
  /** The number of registrations of each port. */
  readonly ports: Map<number, number>;
  readonly listeners: Set<Listener>;
}

// Shared by every copy of this package in the process.
const key = Symbol.for("seer.rpc.served-ports");
const shared = globalThis as { [key]?: Registry };
shared[key] ??= { ports: new Map(), listeners: new Set() };
const { ports, listeners } = shared[key];

/**
 * Allows the sandboxes and sessions of this process to call an interface that is served on a loopback port of this
 * machine, even if they have no other network, until the registration is disposed.
 */
export function registerServedPort(port: number): Disposable {
  change(port, 1);
  let registered = true;
  return {
    [Symbol.dispose]: () => {
      if (registered) change(port, -1);
      registered = false;
    },
  };
}

function change(port: number, by: 1 | -1): void {
  const before = ports.get(port) ?? 0;
  const after = before + by;
  if (after === 0) ports.delete(port);
  else ports.set(port, after);
  if (before === 0 || after === 0) for (const listener of listeners) listener(port, after > 0);
}

/** The registered ports; calls `listener` for each port that is registered or unregistered from now on. */
export function followServedPorts(listener: Listener): { ports: readonly number[] } & Disposable {
  listeners.add(listener);
  return { ports: [...ports.keys()], [Symbol.dispose]: () => void listeners.delete(listener) };
}

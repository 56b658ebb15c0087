import { once } from "node:events";
import type { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { raceSignal, spawnProcess } from "@seer/config";
import { anySignal, timeoutSignal } from "../../connect/timer.ts";
import { RpcError } from "../../errors.ts";
import { hostSourceDirectory } from "../host-source.ts";
import { hostAddresses } from "./host-addresses.ts";
import type { NetworkAccess } from "./network-access.ts";
import { followServedPorts } from "./served-ports.ts";

export interface ConnectNetworkOptions {
  /** The Python interpreter of this machine to use. */
  python: string;
  signal?: AbortSignal | undefined;
  /** Resolves when the process has ended. */
  ended: Promise<unknown>;
}

// Cloud providers serve a machine's credentials at link-local addresses.
const linkLocal = "169.254.0.0/16";
const readyMs = 15_000;
export const searchPath = [process.env.PATH ?? "", "/usr/bin", "/usr/sbin", "/sbin"].join(delimiter);

/**
 * Connects the network namespace of a process until that process ends, even if this process ends earlier. Interfaces
 * that this process serves, now or later, can be called from the namespace too.
 *
 * @throws RpcError `rpc/network-unavailable`
 */
export async function connectNetwork(
  pid: number,
  { internet, ports }: NetworkAccess,
  { python, signal, ended }: ConnectNetworkOptions,
): Promise<void> {
  const served = followServedPorts((port, isServed) => {
    if (!ports.includes(port)) child.stdin.write(`${isServed ? "+" : "-"}${port}\n`);
  });
  const program = join(hostSourceDirectory(), "seer_network", "__main__.py");
  const lists = [
    reachable(internet),
    [...new Set([...ports, ...served.ports])],
    [linkLocal, ...ownAddresses()],
  ];
  const child = spawnProcess(python, ["-I", "-S", program, `${pid}`, ...lists.map((list) => list.join())], {
    env: { PATH: searchPath },
    cwd: "/",
    // Detached, so that Ctrl-C in the terminal does not disconnect a sandbox with other owners.
    detached: true,
  });
  // Writes fail once the program has ended, when there is nothing left to change.
  child.stdin.on("error", () => {});
  try {
    const failed = once(child, "error").then(([error]) => Promise.reject(error));
    const output = Promise.race([Promise.all([text(child.stdout), text(child.stderr)]), failed]);
    const [answer, traceback] = await raceSignal(output, anySignal(signal, timeoutSignal(readyMs)));
    if (answer !== "ready\n") {
      throw new Error(answer.trim() || traceback.trim() || "the program ended without output");
    }
  } catch (cause) {
    served[Symbol.dispose]();
    child.kill("SIGKILL");
    signal?.throwIfAborted();
    const why = (cause as Error).message;
    throw new RpcError("rpc/network-unavailable", `A separate network cannot be set up: ${why}`, { cause });
  } finally {
    child.stdout.destroy();
    child.stderr.destroy();
    (child.stdin as Socket).unref();
    child.unref();
  }
  const stopFollowing = () => served[Symbol.dispose]();
  void ended.then(stopFollowing, stopFollowing);
}

/** The argument INTERNET of `seer_network`. */
function reachable(internet: NetworkAccess["internet"]): string[] {
  if (typeof internet === "boolean") return internet ? ["all"] : [];
  return hostAddresses(internet).flatMap(([{ host, ports }, address]) =>
    ports.map((port) => `${address}:${port}:${host}`),
  );
}

/** The IPv4 addresses of this machine, whose services must not be reachable. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address);
}

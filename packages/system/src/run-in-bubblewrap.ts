import { sendInput } from "@seer/config";
import {
  type BubblewrapOptions,
  bubblewrapArguments,
  ChildPidFile,
  connectNetwork,
  type Isolation,
  lacksNetwork,
  systemCallFilter,
} from "@seer/rpc/launch";
import { runTool, type ToolOptions, type ToolResult } from "./run-tool.ts";

export interface BubblewrapRun extends Omit<ToolOptions, "descriptors" | "onStarted"> {
  /** The bubblewrap isolation to use. */
  isolation: Pick<Isolation, "lacks">;
  /** The mounts of this machine that the program sees. */
  view: Omit<BubblewrapOptions, "network" | "dieWithParent" | "seccompDescriptor">;
  /** Loopback ports of this machine that the program can connect to, besides the internet. */
  ports?: readonly number[] | undefined;
}

/**
 * Runs a program in bubblewrap with internet access. It is killed when `signal` aborts or this process ends.
 *
 * @throws RpcError `rpc/network-unavailable`
 */
export async function runInBubblewrap(
  command: readonly string[],
  { isolation, view, ports = [], ...options }: BubblewrapRun,
): Promise<ToolResult> {
  const { python, signal } = options;
  const filter = systemCallFilter(isolation);
  const isShared = lacksNetwork(isolation);
  const bubblewrap = [
    "bwrap",
    ...(isShared ? [] : ["--info-fd", "5", "--block-fd", "6"]),
    ...bubblewrapArguments({
      ...view,
      network: isShared ? true : "own",
      dieWithParent: true,
      seccompDescriptor: filter === undefined ? undefined : 4,
    }),
    "--",
    ...command,
  ];
  if (isShared)
    return await runTool(bubblewrap, { ...options, descriptors: filter === undefined ? [] : [filter] });

  await using childPid = await ChildPidFile.open();
  const ended = new AbortController();
  let connected: Promise<void> | undefined;
  const result = await runTool(bubblewrap, {
    ...options,
    descriptors: [filter ?? "pipe", childPid.descriptor, "pipe"],
    onStarted: (child) => {
      const closed = new Promise<void>((resolve) => void child.once("close", () => resolve()));
      void closed.then(() => ended.abort());
      connected = (async () => {
        const pid = await childPid.read(ended.signal);
        if (pid === undefined) return;
        await connectNetwork(pid, { internet: true, ports }, { python, signal, ended: closed });
        // bubblewrap waits for this byte before it runs the command.
        sendInput(child, 6, Buffer.from([0]));
      })();
      // Without its network, bubblewrap would wait for ever: end it.
      connected.catch(() => child.stdin?.end());
    },
  });
  await connected;
  return result;
}

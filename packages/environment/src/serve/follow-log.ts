import { LineSplitter } from "@seer/config";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import { hostLog } from "./start-host.ts";

/** A line of an interface's log. */
export interface LogLine {
  at: Date;
  /** `worker` for output of the interface, `host` for events such as calls and restarts. */
  source: "host" | "worker";
  text: string;
}

export interface FollowLogOptions {
  /** Name of the interface. */
  name: string;
  /** Number of existing lines to start with. @default all */
  lines?: number | undefined;
  onLine: (line: LogLine) => void;
}

const format = /^(\S+) (host|worker) (.*)$/;
// Where tail is not notified of changes, it polls once a second. macOS's tail has no option for the interval.
const pollOptions = process.platform === "darwin" ? [] : ["-s", "0.1"];

/** Reports the lines of an interface's log as they are written, until disposed of or the sandbox ends. */
export async function followLog(
  instance: SandboxInstance,
  { name, lines, onLine }: FollowLogOptions,
): Promise<Disposable & { ended: Promise<unknown> }> {
  const reader = new LineSplitter((line) => {
    const [, at, source, text] = format.exec(line) ?? [];
    if (at === undefined || text === undefined) return;
    onLine({ at: new Date(at), source: source as LogLine["source"], text });
  });
  const decoder = new TextDecoder();
  const from = lines === undefined ? "+1" : String(lines);
  const tail = await instance.start({
    argv: ["tail", ...pollOptions, "-n", from, "-F", instance.realPath(hostLog(name))],
    onOutput: (stream, data) => {
      if (stream === "stderr") return;
      reader.add(decoder.decode(data, { stream: true }));
    },
  });
  return { ended: tail.exited.catch(() => {}), [Symbol.dispose]: () => tail.kill() };
}

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { endChild, track } from "./children.ts";

export interface LineProcess {
  /** The next line of its standard output, as JSON. */
  read(): Promise<unknown>;
  /** Writes one line of JSON and reads one. */
  ask(question: unknown): Promise<unknown>;
  end(): Promise<void>;
}

const stderrKept = 4000;

/** A child process that answers each line of JSON with one. */
export function startLineProcess(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): LineProcess {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
  track(child);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-stderrKept);
  });
  child.stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function read(): Promise<unknown> {
    const { done, value } = await lines.next();
    if (done) throw new Error(`${command} ${args.join(" ")} ended\n${stderr}`);
    return JSON.parse(value);
  }
  return {
    read,
    ask(question) {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      return read();
    },
    end: () => endChild(child),
  };
}

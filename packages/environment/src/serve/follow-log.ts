import type { Progress } from "@seer/config";
import type { Machine } from "../backends/backend.ts";

// The time, who says it, what is said.
const printed = /^\S+ worker (.*)$/;

/** Reports what an interface prints, as its log gets it, until it is told to stop. */
export async function followLog(machine: Machine, path: string, onProgress: Progress): Promise<() => void> {
  let rest = "";
  const decoder = new TextDecoder();
  const process = await machine.start({
    argv: ["tail", "-n", "+1", "-F", machine.realPath(path)],
    onOutput: (stream, data) => {
      if (stream === "stderr") return;
      const lines = (rest + decoder.decode(data, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const text = printed.exec(line)?.[1];
        if (text !== undefined) onProgress(`  ${text}`);
      }
    },
  });
  return () => process.kill();
}

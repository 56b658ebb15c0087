import type { Progress } from "@seer/config";
import type { Machine } from "../backends/backend.ts";

// The time, who says it, what is said; what the host says of itself is for its log.
const printed = /^\S+ worker (.*)$/;
// Where nothing tells it of changes, tail looks for them, and by itself only once a second. macOS's has no such option.
const often = process.platform === "darwin" ? [] : ["-s", "0.1"];

/** Reports what an interface prints, as its log gets it, until it is told to stop. */
export async function followLog(machine: Machine, path: string, onProgress: Progress): Promise<() => void> {
  let rest = "";
  const decoder = new TextDecoder();
  const following = await machine.start({
    argv: ["tail", ...often, "-n", "+1", "-F", machine.realPath(path)],
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
  return () => following.kill();
}

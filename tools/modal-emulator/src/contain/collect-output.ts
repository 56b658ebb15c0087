import type { ChildProcess } from "node:child_process";

/** Everything that a child writes, with how it ended. */
export function collectOutput(
  child: ChildProcess,
  onData: (text: string) => void = () => {},
): Promise<{ output: string; code: number }> {
  return new Promise((resolve, reject) => {
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        onData(text);
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ output, code: code ?? 137 }));
  });
}

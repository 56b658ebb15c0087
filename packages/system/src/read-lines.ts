import type { Readable } from "node:stream";
import { LineSplitter } from "@seer/config";

/** Reports the lines of a program's output; longer ones are cut at `maxLength` characters. */
export function readLines(stream: Readable, maxLength: number, onLine: (line: string) => void): void {
  const lines = new LineSplitter(onLine, { maxLength });
  stream
    .setEncoding("utf8")
    .on("data", (text: string) => lines.add(text))
    .on("end", () => lines.end());
}

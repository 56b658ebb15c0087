import { shorten } from "./shorten.ts";

const maxWidth = 500;

/** The end of a program's output, for an error message: its last lines, each shortened to 500 characters. */
export function lastLines(output: string, maxLines: number): string {
  const text = output.trim();
  const lines: string[] = [];
  let end = text.length;
  while (lines.length < maxLines && end >= 0) {
    const start = text.lastIndexOf("\n", end - 1) + 1;
    lines.unshift(shorten(text.slice(start, end).trimEnd(), maxWidth));
    end = start === 0 ? -1 : start - 1;
  }
  return end < 0 ? lines.join("\n") : `…\n${lines.join("\n")}`;
}

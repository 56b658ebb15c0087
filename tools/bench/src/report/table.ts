import { type Figures, figuresOf, type RowResult } from "../rows/result.ts";
import type { Row } from "../rows/rows.ts";
import { aims } from "./aims.ts";

/** One row of the benchmark as text: a line for each contestant, the limit first, then by speed. */
export function formatRow(result: RowResult): string {
  const { row } = result;
  const blocks = (["TypeScript", "Python"] as const).map((language) => {
    const [limit, ...others] = figuresOf(result).filter((figures) => figures.language === language);
    if (limit === undefined) return "";
    const sorted = [limit, ...others.toSorted((a, b) => a.ratio - b.ratio)];
    return table([
      ["way" in row ? `${row.title}, from ${language}` : row.title, ...headings(row)],
      ...sorted.map((figures) => cells(row, figures)),
    ]);
  });
  const absent = result.entries
    .filter(({ cannot }) => cannot !== undefined)
    .map(
      ({ contestant, language, cannot }) =>
        `  ${contestant} from ${language} cannot: ${firstLine(cannot ?? "")}`,
    );
  return [...blocks.filter(Boolean), ...absent, ...aims(result)].join("\n");
}

/** Cells in columns, the first to the left and the others to the right. */
function table(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  "),
    )
    .map((line, i) => (i === 0 ? `${line}\n${"-".repeat(line.length)}` : line))
    .join("\n")
    .concat("\n");
}

function headings(row: Row): string[] {
  if (row.kind === "probe") return ["p50 ms", "p99 ms", "max ms", "probes"];
  if (row.kind === "burst") return ["p50 ms", "p90 ms", "calls/s", "x limit", "quartiles", "x at p10"];
  return ["p50 ms", "p90 ms", "x limit", "quartiles", "x at p10"];
}

function cells(row: Row, figures: Figures): string[] {
  const { contestant, p50, p90, p99, max, ratio, quietRatio, ratioQuartiles, samples } = figures;
  const ratios = [
    ratio.toFixed(2),
    ratioQuartiles.map((value) => value.toFixed(2)).join("–"),
    quietRatio.toFixed(2),
  ];
  if (row.kind === "probe") return [contestant, ...[p50, p99, max].map(milliseconds), String(samples)];
  if (row.kind !== "burst") return [contestant, ...[p50, p90].map(milliseconds), ...ratios];
  const perSecond = Math.round((row.count / p50) * 1000).toLocaleString("en");
  return [contestant, ...[p50, p90].map(milliseconds), perSecond, ...ratios];
}

function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(3) : value.toFixed(1);
}

function firstLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

import { type Figures, figuresOf, type RowResult } from "../rows/result.ts";

/** What starts should take, said beside what they took. */
export function aims(result: RowResult): string[] {
  const [limit, ...others] = figuresOf(result);
  if (limit === undefined) return [];
  if (result.row.kind === "start") {
    const allowed = 1.5 * limit.p50 + 500;
    const text = `1.5 x ${limit.contestant} + 500 ms, which is ${Math.round(allowed)} ms`;
    return others
      .filter(({ contestant }) => contestant === "new sandbox and serve")
      .map((figures) => aim(figures, text));
  }
  if (result.row.kind === "sandbox-burst") {
    return others.map((figures) => aim(figures, `1.2 x ${limit.contestant}`));
  }
  // Where a start is nothing but work for processors, ten take as long as the processors there are need for them.
  if (result.row.kind !== "sandboxes" || result.row.program !== "new") return [];
  return others.map((figures) => aim(figures, `3 x ${limit.contestant}`));
}

function aim({ contestant, p50, ratio }: Figures, text: string): string {
  return `  ${contestant}: ${Math.round(p50)} ms, ${ratio.toFixed(2)} x; the aim is at most ${text}`;
}

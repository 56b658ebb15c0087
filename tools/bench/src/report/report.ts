import { writeFileSync } from "node:fs";
import { figuresOf, type RowResult } from "../rows/result.ts";
import type { Machine } from "./machine.ts";

export interface Report {
  machine: Machine;
  versions: Record<string, string>;
  rounds: number;
  results: readonly RowResult[];
}

/** Writes the figures of every row, and the samples that they come from. */
export function writeReport(file: string, { results, ...facts }: Report): void {
  const rows = results.map((result) => ({
    ...result.row,
    figures: figuresOf(result),
    entries: result.entries,
  }));
  writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), ...facts, rows })}\n`);
}

import type { Language } from "../contestants/contestant.ts";
import type { Entry, RowResult } from "./result.ts";
import type { Row } from "./rows.ts";

/** Runs one round, and returns the times in milliseconds. */
export type Turn = () => Promise<number[]>;

export interface Player<R extends Row> {
  contestant: string;
  language: Language;
  /** Prepares for a row; not timed. */
  prepare(row: R): Promise<Turn>;
}

export interface RunOptions {
  rounds: number;
  onRound(round: number): void;
}

const warmUps = 2;

/** Measures one row: warms up all contestants, and then runs rounds that start with a different one each time. */
export async function runRow<R extends Row>(
  row: R,
  players: readonly Player<R>[],
  { rounds, onRound }: RunOptions,
): Promise<RowResult> {
  const running: { entry: Entry; turn: Turn }[] = [];
  const entries: Entry[] = [];
  for (const { contestant, language, prepare } of players) {
    const entry: Entry = { contestant, language, rounds: [] };
    entries.push(entry);
    try {
      const turn = await prepare(row);
      for (let i = 0; i < warmUps; i++) await turn();
      running.push({ entry, turn });
    } catch (error) {
      entry.cannot = error instanceof Error ? error.message : String(error);
    }
  }
  for (let round = 0; round < rounds; round++) {
    onRound(round);
    const first = round % Math.max(1, running.length);
    for (const { entry, turn } of [...running.slice(first), ...running.slice(0, first)]) {
      entry.rounds.push(await turn());
    }
  }
  return { row, entries };
}

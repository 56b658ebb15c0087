import type { Language } from "../contestants/contestant.ts";
import type { Row } from "./rows.ts";
import { median, quantile } from "./statistics.ts";

/** The samples of one contestant in one row, by round. */
export interface Entry {
  contestant: string;
  language: Language;
  rounds: number[][];
  /** Why it is not included. */
  cannot?: string;
}

export interface RowResult {
  row: Row;
  entries: Entry[];
}

/** The figures of one entry, in milliseconds. */
export interface Figures {
  contestant: string;
  language: Language;
  p50: number;
  p90: number;
  p99: number;
  max: number;
  /** The tenth percentile of all samples, as a multiple of the limit's: what both do while the machine is quiet. */
  quietRatio: number;
  /** How many times the limit's p50, which is the median of every round's ratio; and that median's quartiles. */
  ratio: number;
  ratioQuartiles: [number, number];
  samples: number;
}

/** Medians over the rounds; p99 and max, and p90 where a round is one sample, over all samples together. */
export function figuresOf({ entries }: RowResult): Figures[] {
  return entries
    .filter(({ rounds }) => rounds.length > 0)
    .map(({ contestant, language, rounds }) => {
      const limit = entries.find(
        (entry) => entry.language === language && entry.cannot === undefined,
      ) as Entry;
      const ratios = rounds.map((samples, i) => median(samples) / median(limit.rounds[i] ?? []));
      const all = rounds.flat();
      const p90s = rounds.map((samples) => quantile(samples, 0.9));
      return {
        contestant,
        language,
        p50: median(rounds.map(median)),
        p90: all.length === rounds.length ? quantile(all, 0.9) : median(p90s),
        p99: quantile(all, 0.99),
        max: Math.max(...all),
        quietRatio: quantile(all, 0.1) / quantile(limit.rounds.flat(), 0.1),
        ratio: median(ratios),
        ratioQuartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
        samples: all.length,
      };
    });
}

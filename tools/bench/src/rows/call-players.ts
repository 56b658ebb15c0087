import type { Bench, Contestant } from "../contestants/contestant.ts";
import type { Driver } from "../drivers/driver.ts";
import type { CallRow, Way } from "./rows.ts";
import type { Player, Turn } from "./run-row.ts";

export interface CallPlayerOptions {
  contestants: readonly Contestant[];
  bench: Bench;
  /** How much a probed server computes. */
  holdCount: number;
  /** What ends everything that is started here. */
  stack: AsyncDisposableStack;
}

/** Starts the contestants' servers; their drivers start when a row first needs them, and stay. */
export async function startCallPlayers(options: CallPlayerOptions): Promise<Player<CallRow>[]> {
  const { contestants, bench, holdCount, stack } = options;
  const players: Player<CallRow>[] = [];
  for (const contestant of contestants) {
    const server = stack.use(await contestant.start(bench));
    for (const language of contestant.languages) {
      const drivers = new Map<Way, Promise<Driver>>();
      const open = async (way: Way) => {
        const driver = stack.use(await server.drive(language, way));
        await driver.check();
        return driver;
      };
      const prepare = async (row: CallRow) => {
        const driver = drivers.get(row.way) ?? open(row.way);
        drivers.set(row.way, driver);
        return turnOf(row, await driver, holdCount);
      };
      players.push({ contestant: contestant.name, language, prepare });
    }
  }
  return players;
}

function turnOf(row: CallRow, driver: Driver, holdCount: number): Turn {
  switch (row.kind) {
    case "calls":
      return () => driver.measure(row.operation, row.count);
    case "burst":
      return async () => [await driver.burst(row.operation, row.callers, row.count)];
    case "probe":
      return () => driver.probe(holdCount);
  }
}

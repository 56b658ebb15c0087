import type { Bench, Contestant } from "./contestants/contestant.ts";
import { contestants } from "./contestants/contestants.ts";
import type { Options } from "./options.ts";
import { endChildrenOnSignals } from "./processes/children.ts";
import { preparePython } from "./processes/python-environment.ts";
import { describeMachine } from "./report/machine.ts";
import { writeReport } from "./report/report.ts";
import { formatRow } from "./report/table.ts";
import { calibrateHold } from "./rows/calibrate.ts";
import { startCallPlayers } from "./rows/call-players.ts";
import type { RowResult } from "./rows/result.ts";
import { burstRows, callRows, type Row, sandboxesRows, startRows } from "./rows/rows.ts";
import { type Player, runRow } from "./rows/run-row.ts";
import { startPlayers } from "./rows/start-players.ts";
import { burstPlayers } from "./start/burst-players.ts";
import { sandboxPlayers } from "./start/sandbox-players.ts";
import { startTunnel } from "./tunnel/tunnel.ts";

// A start takes a second and hardly varies.
const startRounds = 7;
// Nor does processor time, and a hundred sandboxes take half a minute.
const burstRounds = 3;

/** Runs the selected rows, and prints each one as soon as it is measured. */
export async function runBench(options: Options): Promise<void> {
  const { groups, rounds, json } = options;
  endChildrenOnSignals();
  const core = await preparePython("core");
  const machine = describeMachine(core.python);
  const wanted = contestants.filter((contestant, i) => i === 0 || takesPart(contestant, options));
  const ray = wanted.some(({ heavy }) => heavy) ? await preparePython("ray") : undefined;
  const versions = { ...ray?.versions, ...core.versions };
  for (const facts of [machine, versions]) console.log(list(facts));
  console.log();

  const results: RowResult[] = [];
  async function run<R extends Row>(rows: readonly R[], players: Player<R>[], rounds: number): Promise<void> {
    for (const row of rows) {
      const result = await runRow(row, players, { rounds, onRound: progress(row.title, rounds) });
      results.push(result);
      console.log(formatRow(result));
    }
  }

  const calls = callRows.filter(({ group }) => groups.includes(group));
  if (calls.length > 0) {
    await using stack = new AsyncDisposableStack();
    const tunnel = stack.use(await startTunnel(core.python, core.directory));
    const bench: Bench = { core, ray: ray ?? core, tunnel };
    const holdCount = calibrateHold(core.python);
    const players = await startCallPlayers({ contestants: wanted, bench, holdCount, stack });
    await run(calls, players, rounds);
  }
  const starts = startRows.filter(({ group }) => groups.includes(group));
  await run(starts, startPlayers(core), Math.min(rounds, startRounds));
  const sandboxes = sandboxesRows.filter(({ group }) => groups.includes(group));
  await run(sandboxes, sandboxPlayers(core), Math.min(rounds, startRounds));
  const bursts = burstRows.filter(({ group }) => groups.includes(group));
  await run(bursts, burstPlayers(core), Math.min(rounds, burstRounds));
  if (json !== undefined) writeReport(json, { machine, versions, rounds, results });
}

function takesPart({ name, heavy = false }: Contestant, { all, only }: Options): boolean {
  if (only.length > 0) return only.includes(name.toLowerCase());
  return all || !heavy;
}

function list(facts: object): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

function progress(title: string, rounds: number): (round: number) => void {
  if (!process.stderr.isTTY) return () => {};
  return (round) =>
    process.stderr.write(round + 1 === rounds ? "\r\x1b[K" : `\r${title}: ${round + 1} of ${rounds}`);
}

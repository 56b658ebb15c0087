// The long runs: `node packages/rpc/soak/main.ts soak --minutes 60`. Exits with 1 when something was wrong.
import { parseArgs } from "node:util";
import { drops } from "./drops.ts";
import { healthUnderLoad } from "./health.ts";
import { kills } from "./kills.ts";
import { soak } from "./soak.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: "string", default: "10" },
    callers: { type: "string", default: "32" },
    count: { type: "string" },
    seconds: { type: "string", default: "10" },
    seed: { type: "string" },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const callers = Number(values.callers);

const runs: Record<string, () => Promise<boolean>> = {
  async soak() {
    const report = await soak({
      ...{ minutes: Number(values.minutes), callers, seed },
      onSample: ({ seconds, ...memory }) => console.log(`${seconds} s, MiB: ${JSON.stringify(memory)}`),
    });
    console.log(report);
    return report.wrong.length === 0;
  },
  async kills() {
    const report = await kills({ count: Number(values.count ?? 50), callers, seed });
    console.log(report);
    const { doubled, lost, outcomes, slowestErrorMs } = report;
    const typed = Object.keys(outcomes).every((outcome) => ["ok", "rpc/worker-died"].includes(outcome));
    return typed && slowestErrorMs < 2000 && doubled.length + lost.length === 0;
  },
  async drops() {
    const report = await drops({ count: Number(values.count ?? 20), seed });
    console.log(report);
    return report.wrong.length === 0;
  },
  async health() {
    console.log(await healthUnderLoad({ seconds: Number(values.seconds) }));
    return true;
  },
};

const [name = "soak"] = positionals;
const run = runs[name];
if (run === undefined) {
  console.error(`There is no run ${name}; there are ${Object.keys(runs).join(", ")}.`);
  process.exit(2);
}
console.log(`${name}, seed ${seed}`);
process.exit((await run()) ? 0 : 1);

import { shorten } from "@seer/config";
import { type RunCost, readCosts } from "@seer/environment";
import { dollars, gpus, shortTime } from "../terminal/amounts.ts";
import { style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";
import { timeAgo } from "../time-ago.ts";

interface CostOptions {
  since?: string;
  json?: boolean;
}

/** `seer cost` */
export async function cost({ since, json = false }: CostOptions): Promise<void> {
  const runs = await readCosts(since === undefined ? {} : { since: timeAgo("--since", since) });
  const usd = runs.reduce((sum, run) => sum + run.usd, 0);
  const gpuSeconds = runs.reduce((sum, run) => sum + run.gpuSeconds, 0);
  if (json) {
    console.log(JSON.stringify({ runs, total: { usd, gpuSeconds } }, null, 2));
    return;
  }
  if (runs.length === 0) {
    process.stderr.write(`Nothing has run${since === undefined ? " yet" : ` in the last ${since}`}.\n`);
    return;
  }
  const header = ["WHEN", "NAME", "BACKEND", "GPU", "GPU TIME", "COST", "STATE"];
  const [first = "", ...lines] = table(header, [
    ...runs.map(row),
    ["total", "", "", "", shortTime(gpuSeconds), dollars(usd), ""],
  ]).split("\n");
  const paint = style(process.stdout);
  const last = lines.pop() ?? "";
  console.log([paint("bold", first), ...lines, paint("bold", last)].join("\n"));
  if (runs.some(({ state }) => state === "estimated")) {
    process.stderr.write("estimated: the end was not recorded; it was no later than this.\n");
  }
}

function row(run: RunCost): string[] {
  return [
    when(run.startedAt),
    shorten(run.name, 13),
    run.backend,
    gpus(run.gpu, run.gpuCount),
    run.gpu === null ? "-" : shortTime(run.gpuSeconds),
    dollars(run.usd),
    run.state,
  ];
}

function when(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

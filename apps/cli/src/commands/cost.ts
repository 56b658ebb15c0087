import { type RunCost, readCosts } from "@seer/environment";
import { CliError } from "../errors.ts";
import { dollars, gpus, shorten, shortTime } from "../terminal/amounts.ts";
import { style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";

interface CostOptions {
  since?: string;
  json?: boolean;
}

/** `seer cost` */
export async function cost({ since, json = false }: CostOptions): Promise<void> {
  const runs = await readCosts(since === undefined ? {} : { since: timeAgo(since) });
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
    process.stderr.write("estimated: nobody saw its end; it can have been no later than this.\n");
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

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

function timeAgo(text: string): Date {
  const found = /^(\d+)([mhdw])$/.exec(text);
  const unit = found?.[2] as keyof typeof unitMs | undefined;
  if (unit !== undefined) return new Date(Date.now() - Number(found?.[1]) * unitMs[unit]);
  throw new CliError("cli/usage", `--since must be a time such as 12h, 7d or 4w, got ${text}`);
}

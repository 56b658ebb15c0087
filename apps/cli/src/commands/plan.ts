import { type Backend, parseSandboxConfig, readSandboxConfig } from "@seer/config";
import { buildPlan, describePlan, type Fetch, type Plan, previewPlan } from "@seer/environment";
import { fileSize } from "../terminal/amounts.ts";
import { style } from "../terminal/style.ts";
import { wrap } from "../terminal/wrap.ts";

interface PlanOptions {
  kind: Plan["kind"];
  backend?: Backend;
  json?: boolean;
}

/** `seer plan`: shows what a start would do, without doing it. */
export async function plan(file: string, { backend, kind, json = false }: PlanOptions): Promise<void> {
  const written = await readSandboxConfig(file);
  const config = parseSandboxConfig({ ...written, ...(backend === undefined ? {} : { backend }) });
  const made = buildPlan(config, { kind });
  const preview = await previewPlan(made, config);
  if (json) {
    console.log(JSON.stringify({ plan: made, ...preview }, null, 2));
    return;
  }
  const paint = style(process.stdout);
  const { cost, fetches, warnings } = preview;
  const [title = "", ...steps] = describePlan(made).split("\n");
  const lines = [
    paint("bold", title),
    ...steps.map((step) => wrap(step, 4)),
    "",
    wrap(`Cost: ${cost.text}`, 6),
  ];
  if (cost.usdPerHour > 0) {
    lines.push(paint("dim", `      prices of ${cost.prices.date} (${cost.prices.source})`));
  }
  if (fetches.length > 0) lines.push("", ...fetches.map((fetch) => wrap(describe(fetch), 2)));
  for (const warning of warnings) {
    lines.push("", wrap(`Warning: ${warning}`, 2).replace("Warning:", paint("yellow", "Warning:")));
  }
  console.log(lines.join("\n"));
}

function describe({ what, bytes, cached }: Fetch): string {
  return `${cached ? "Here already" : "To fetch"}: ${what}${bytes === null ? "" : ` (about ${fileSize(bytes)})`}`;
}

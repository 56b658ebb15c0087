import type { Check } from "../doctor/check.ts";
import { runChecks } from "../doctor/checks.ts";
import { CliError } from "../errors.ts";
import { style } from "../terminal/style.ts";

/** `seer doctor` */
export async function doctor({ json = false }: { json?: boolean }): Promise<void> {
  const checks = await runChecks();
  const missing = checks.filter((check) => check.required && !check.ok);
  if (json) console.log(JSON.stringify({ ok: missing.length === 0, checks }, null, 2));
  else for (const check of checks) console.log(describe(check));
  if (missing.length === 0) return;
  throw new CliError("cli/machine-incomplete", `Missing: ${missing.map(({ name }) => name).join(", ")}`, {
    hint: missing.map(({ name, get }) => `${name}: ${get}`).join("; "),
  });
}

function describe(check: Check): string {
  const paint = style(process.stdout);
  const state = check.ok ? paint("green", "ok     ") : paint(check.required ? "red" : "yellow", "missing");
  const lines = [`${state} ${paint("bold", check.name)}: ${check.found}`];
  lines.push(paint("dim", `        for ${check.neededFor}`));
  if (!check.ok) lines.push(`        get it: ${check.get}`);
  return lines.join("\n");
}

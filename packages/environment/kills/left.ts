import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Sandbox } from "../src/index.ts";
import { processesWith } from "../test/support/processes.ts";

/** Waits until nothing is left of what was started with a home, and says what still is when the time is over. */
export async function leftOf(home: string, temporary: string, withinMs: number): Promise<string[]> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const left = await look(home, temporary);
    if (left.length === 0 || performance.now() > deadline) return left;
    await delay(50);
  }
}

async function look(home: string, temporary: string): Promise<string[]> {
  // Everything of a start has its home, or the directory for its temporary files, in its arguments or variables.
  const processes = processesWith(home).map((pid) => `process ${pid}`);
  if (processes.length > 0) return processes;
  const listed = (await Sandbox.list()).map(({ id }) => `sandbox ${id}`);
  const found = async (what: string, ...path: string[]) =>
    (await readdir(join(...path)).catch(() => [])).map((name) => `${what} ${name}`);
  const environments = await found("environment", home, "environments");
  return [
    ...listed,
    ...(await found("directory", home, "sandboxes")).filter((entry) => entry !== "directory .names"),
    ...(await found("name", home, "sandboxes", ".names")),
    ...(await found("configuration", home, "configurations")),
    ...(await found("temporary file", temporary)),
    ...(await halfMade(environments, home)),
  ];
}

async function halfMade(environments: readonly string[], home: string): Promise<string[]> {
  const half: string[] = [];
  for (const entry of environments) {
    const name = entry.split(" ")[1] ?? "";
    const files: string[] = await readdir(join(home, "environments", name)).catch(() => []);
    if (name.endsWith(".lock") || !files.includes("seer-environment.json")) half.push(entry);
  }
  return half;
}

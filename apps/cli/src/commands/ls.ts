import { readCosts, Sandbox, type SandboxInfo } from "@seer/environment";
import { dollars } from "../terminal/amounts.ts";
import { size } from "../terminal/size.ts";
import { style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";

/** `seer ls` */
export async function ls({ json = false }: { json?: boolean }): Promise<void> {
  const [sandboxes, spent] = await Promise.all([Sandbox.list({ onUnreachable }), spentBySandbox()]);
  const running = sandboxes.map((sandbox) => ({ ...sandbox, usd: spent.get(sandbox.id) ?? 0 }));
  if (json) {
    console.log(JSON.stringify(running, null, 2));
    return;
  }
  if (running.length === 0) {
    process.stderr.write("Nothing is running.\n");
    return;
  }
  const costs = running.some(({ usd }) => usd > 0);
  const rows = running.map((sandbox) => [
    sandbox.id,
    sandbox.name,
    sandbox.backend,
    stateOf(sandbox),
    duration(sandbox.uptimeMs),
    gpus(sandbox),
    ...usage(sandbox),
    ...(costs ? [dollars(sandbox.usd)] : []),
    [...sandbox.interfaces, ...sandbox.loading.map((name) => `${name} (loading)`)].join(", "),
  ]);
  const cost = costs ? ["COST"] : [];
  const titles = ["ID", "NAME", "BACKEND", "STATE", "UP", "GPU", "PROCS", "CPU", "MEMORY", ...cost, "SERVES"];
  const [header = "", ...lines] = table(titles, rows).split("\n");
  console.log([style(process.stdout)("bold", header), ...lines].join("\n"));
}

/** A sandbox whose owner is gone ends when its lease expires. */
function stateOf({ state, ownerAlive }: SandboxInfo): string {
  return ownerAlive ? state : "owner gone";
}

function onUnreachable(backend: string, { message }: Error): void {
  process.stderr.write(`Cannot list the sandboxes on ${backend}: ${message}\n`);
}

/** The cost of each running sandbox so far. */
async function spentBySandbox(): Promise<Map<string, number>> {
  const running = (await readCosts()).filter(({ state }) => state === "running");
  return new Map(running.flatMap(({ sandboxes, usd }) => sandboxes.map((id) => [id, usd] as const)));
}

function gpus({ gpu, gpuCount, usage }: SandboxInfo): string {
  if (gpu === null) return "";
  const used = usage?.gpuMemoryBytes;
  return `${gpu}${gpuCount > 1 ? ` x${gpuCount}` : ""}${used === undefined ? "" : `, ${size(used)}`}`;
}

function usage({ usage }: SandboxInfo): [processes: string, cpu: string, memory: string] {
  if (usage === undefined) return ["", "", ""];
  return [String(usage.processes), duration(1000 * usage.cpuSeconds), size(usage.memoryBytes)];
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

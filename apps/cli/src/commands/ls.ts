import { Sandbox, type SandboxInfo } from "@seer/environment";
import { size } from "../terminal/size.ts";
import { style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";

/** `seer ls` */
export async function ls({ json = false }: { json?: boolean }): Promise<void> {
  const running = await Sandbox.list();
  if (json) {
    console.log(JSON.stringify(running, null, 2));
    return;
  }
  if (running.length === 0) {
    process.stderr.write("Nothing is running.\n");
    return;
  }
  const rows = running.map((sandbox) => [
    sandbox.id,
    sandbox.name,
    sandbox.backend,
    sandbox.state,
    duration(sandbox.uptimeMs),
    gpus(sandbox),
    ...usage(sandbox),
    sandbox.interfaces.join(", "),
  ]);
  const titles = ["ID", "NAME", "BACKEND", "STATE", "UP", "GPU", "PROCS", "CPU", "MEMORY", "SERVES"];
  const [header = "", ...lines] = table(titles, rows).split("\n");
  console.log([style(process.stdout)("bold", header), ...lines].join("\n"));
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

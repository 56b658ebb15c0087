import { Sandbox } from "@seer/environment";
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
    sandbox.interfaces.join(", "),
  ]);
  const [header = "", ...lines] = table(["ID", "NAME", "BACKEND", "STATE", "UP", "SERVES"], rows).split("\n");
  console.log([style(process.stdout)("bold", header), ...lines].join("\n"));
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

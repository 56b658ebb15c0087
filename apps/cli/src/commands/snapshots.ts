import { Sandbox, type Snapshot } from "@seer/environment";
import { CliError } from "../errors.ts";
import { size } from "../terminal/size.ts";
import { style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";

/** `seer snapshots` */
export async function snapshots({ json = false }: { json?: boolean }): Promise<void> {
  const kept = await Sandbox.listSnapshots();
  const [last] = kept.slice(-1);
  if (json) console.log(JSON.stringify(kept, null, 2));
  else if (last === undefined) process.stderr.write("There are no snapshots.\n");
  else console.log(describe(kept, last));
}

/** `seer snapshots rm` */
export async function removeSnapshots(ids: readonly string[]): Promise<void> {
  const kept = new Set((await Sandbox.listSnapshots()).map(({ id }) => id));
  const unknown = ids.filter((id) => !kept.has(id));
  if (unknown.length > 0) {
    throw new CliError("cli/target", `There is no snapshot ${unknown.join(", ")}`, {
      hint: "Run `seer snapshots` to list them.",
    });
  }
  for (const id of ids) {
    await Sandbox.removeSnapshot(id);
    console.log(`Removed ${id}`);
  }
}

function describe(kept: readonly Snapshot[], last: Snapshot): string {
  const rows = kept.map(({ id, createdAt, backend, sandbox, bytes, description }) => [
    id,
    createdAt.toISOString().slice(0, 16).replace("T", " "),
    backend,
    sandbox.name,
    bytes === undefined ? "" : size(bytes),
    description,
  ]);
  const titles = ["ID", "TAKEN (UTC)", "BACKEND", "SANDBOX", "SIZE", "DESCRIPTION"];
  const [header = "", ...lines] = table(titles, rows).split("\n");
  const paint = style(process.stdout);
  const start = last.kind === "scoped" ? "ScopedSandbox" : "Sandbox";
  return [
    paint("bold", header),
    ...lines,
    "",
    `Start from one with:  await using sandbox = await ${start}.fromSnapshot("${last.id}");`,
    `Remove one with:      seer snapshots rm ${last.id}`,
  ].join("\n");
}

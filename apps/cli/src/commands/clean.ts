import { formatBytes, formatDuration, shorten } from "@seer/config";
import { listStored, removeStored, type StorageKind, type StoredItem, storageKinds } from "@seer/environment";
import { style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";
import { timeAgo } from "../time-ago.ts";

interface CleanOptions {
  olderThan?: string;
  yes?: boolean;
  json?: boolean;
}

/** Kinds that are created again when needed, so `--yes` alone removes them. */
const renewable: readonly StorageKind[] = ["environments", "downloads"];

/** `seer clean` */
export async function clean(
  named: readonly StorageKind[],
  { olderThan, yes = false, json = false }: CleanOptions,
): Promise<void> {
  const before = olderThan === undefined ? undefined : timeAgo("--older-than", olderThan);
  const kinds = named.length > 0 ? named : yes ? renewable : storageKinds;
  const items = (await listStored(kinds))
    .filter(({ lastUsedAt }) => before === undefined || (lastUsedAt !== undefined && lastUsedAt < before))
    .toSorted((a, b) => storageKinds.indexOf(a.kind) - storageKinds.indexOf(b.kind) || b.bytes - a.bytes);
  if (yes) await remove(items, json);
  else if (json) console.log(JSON.stringify({ items }, null, 2));
  else if (items.length === 0) process.stderr.write("There is nothing to remove.\n");
  else console.log(`${list(items)}\n\n${howToRemove(items, olderThan)}`);
}

async function remove(items: readonly StoredItem[], json: boolean): Promise<void> {
  const removed: StoredItem[] = [];
  const kept: StoredItem[] = [];
  for (const item of items) {
    if (await removeStored(item)) {
      removed.push(item);
      if (!json) console.log(`Removed ${describe(item)}, ${formatBytes(item.bytes)}`);
    } else {
      kept.push(item);
      if (!json) process.stderr.write(`Kept ${describe(item)}, in use${by(item)}\n`);
    }
  }
  const bytes = sum(removed);
  if (json) console.log(JSON.stringify({ removed, kept, bytes }, null, 2));
  else if (removed.length === 0) process.stderr.write("Nothing was removed.\n");
  else console.log(`${formatBytes(bytes)} in all`);
}

const names: Record<StorageKind, string> = {
  environments: "environment",
  downloads: "downloads",
  models: "model",
  snapshots: "snapshot",
};

function list(items: readonly StoredItem[]): string {
  const rows = items.map((item) => [
    names[item.kind],
    shorten(item.description, 60),
    formatBytes(item.bytes),
    item.lastUsedAt === undefined ? "" : `${formatDuration(age(item.lastUsedAt))} ago`,
    users(item),
  ]);
  const [header = "", ...lines] = table(["KIND", "WHAT", "SIZE", "LAST USED", "IN USE BY"], rows).split("\n");
  return [style(process.stdout)("bold", header), ...lines].join("\n");
}

function howToRemove(items: readonly StoredItem[], olderThan: string | undefined): string {
  const limit = olderThan === undefined ? "" : ` --older-than ${olderThan}`;
  const lines = removals.flatMap(({ kinds, command, remark }) => {
    const unused = items.filter(({ kind, usedBy }) => kinds.includes(kind) && usedBy.length === 0);
    if (unused.length === 0) return [];
    return [[`  seer clean${command}${limit} --yes`, formatBytes(sum(unused)), remark]];
  });
  const [first, ...rest] = lines;
  return first === undefined ? "All of it is in use." : `Not in use, and removed by:\n${table(first, rest)}`;
}

const removals: { kinds: readonly StorageKind[]; command: string; remark: string }[] = [
  { kinds: renewable, command: "", remark: "made again when needed" },
  {
    kinds: ["models"],
    command: " models",
    remark: "from the Hugging Face cache, where other programs find them too",
  },
  { kinds: ["snapshots"], command: " snapshots", remark: "cannot be made again" },
];

function describe({ kind, description }: StoredItem): string {
  return `${names[kind]} ${description}`;
}

function by(item: StoredItem): string {
  return item.usedBy.length === 0 ? "" : ` by ${users(item)}`;
}

/** The sandboxes that use an item. Processes are named only without sandboxes, because owners use what their sandboxes use. */
function users({ usedBy }: StoredItem): string {
  const sandboxes = usedBy.flatMap(({ sandbox }) => sandbox ?? []);
  if (sandboxes.length > 0) return [...new Set(sandboxes)].join(", ");
  return usedBy.map(({ pid }) => `process ${pid}`).join(", ");
}

function age(date: Date): number {
  return Math.max(0, Math.round((Date.now() - date.getTime()) / 60_000) * 60_000);
}

function sum(items: readonly StoredItem[]): number {
  return items.reduce((total, { bytes }) => total + bytes, 0);
}

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The numbers of the device files of GPUs, or undefined where the driver does not tell all of them. */
export async function gpuDevices(
  uuids: readonly string[],
  directory = "/proc/driver/nvidia/gpus",
): Promise<number[] | undefined> {
  const minors = new Map<string, number>();
  for (const card of await readdir(directory).catch(() => [])) {
    const text = await readFile(join(directory, card, "information"), "utf8").catch(() => "");
    const uuid = /^GPU UUID:\s*(\S+)/m.exec(text)?.[1];
    const minor = /^Device Minor:\s*(\d+)/m.exec(text)?.[1];
    if (uuid !== undefined && minor !== undefined) minors.set(uuid, Number(minor));
  }
  const found = uuids.map((uuid) => minors.get(uuid));
  return found.includes(undefined) ? undefined : (found as number[]);
}

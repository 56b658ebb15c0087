import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "@seer/config";

/** An NVIDIA GPU of this machine. */
export interface Gpu {
  /** Index in the output of nvidia-smi. */
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly usedMiB: number;
}

/** Lists this machine's GPUs; empty if nvidia-smi is missing. */
export async function findGpus(): Promise<Gpu[]> {
  const rows = await nvidiaSmi("--query-gpu=index,uuid,name,memory.used");
  return rows.map(([index = "", uuid = "", name = "", used = ""]) => ({
    index: Number(index),
    uuid,
    name,
    usedMiB: Number.parseInt(used, 10) || 0,
  }));
}

/** GPU memory in bytes by PID, for all processes of this machine. */
export async function gpuMemoryByProcess(): Promise<ReadonlyMap<number, number>> {
  const bytes = new Map<number, number>();
  for (const [pid = "", used = ""] of await nvidiaSmi("--query-compute-apps=pid,used_memory")) {
    // A process that uses several GPUs has one line per GPU.
    bytes.set(Number(pid), (bytes.get(Number(pid)) ?? 0) + (Number.parseInt(used, 10) || 0) * 2 ** 20);
  }
  return bytes;
}

const nvidiaSmiTimeoutMs = 20_000;

async function nvidiaSmi(query: string): Promise<string[][]> {
  try {
    const { stdout } = await runProgram("nvidia-smi", [query, "--format=csv,noheader,nounits"], {
      timeoutMs: nvidiaSmiTimeoutMs,
    });
    return stdout
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => line.split(",").map((cell) => cell.trim()));
  } catch {
    return [];
  }
}

/** The minor numbers of the GPUs' device files, or undefined if the driver does not report all of them. */
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

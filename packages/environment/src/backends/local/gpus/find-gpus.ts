import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** An NVIDIA GPU of this machine. */
export interface Gpu {
  /** As nvidia-smi counts them. */
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly usedMiB: number;
}

/** The GPUs that nvidia-smi finds; none where there is no such program. */
export async function findGpus(): Promise<Gpu[]> {
  const rows = await nvidiaSmi("--query-gpu=index,uuid,name,memory.used");
  return rows.map(([index = "", uuid = "", name = "", used = ""]) => ({
    index: Number(index),
    uuid,
    name,
    usedMiB: Number.parseInt(used, 10) || 0,
  }));
}

/** What processes of this machine use of its GPUs, in bytes, by their numbers. */
export async function gpuMemoryByProcess(): Promise<ReadonlyMap<number, number>> {
  const bytes = new Map<number, number>();
  for (const [pid = "", used = ""] of await nvidiaSmi("--query-compute-apps=pid,used_memory")) {
    // A process on several GPUs has a line for each.
    bytes.set(Number(pid), (bytes.get(Number(pid)) ?? 0) + (Number.parseInt(used, 10) || 0) * 2 ** 20);
  }
  return bytes;
}

const answerMs = 20_000;

async function nvidiaSmi(query: string): Promise<string[][]> {
  try {
    const { stdout } = await promisify(execFile)("nvidia-smi", [query, "--format=csv,noheader,nounits"], {
      timeout: answerMs,
    });
    return stdout
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => line.split(",").map((cell) => cell.trim()));
  } catch {
    return [];
  }
}

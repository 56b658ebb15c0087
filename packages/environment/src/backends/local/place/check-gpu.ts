import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Progress } from "@seer/config";
import { EnvironmentError } from "../../../errors.ts";
import type { GpuStep } from "../../../plan/plan.ts";

/**
 * Looks whether this machine has the GPUs; other ones than were named are good enough, and said.
 *
 * @throws EnvironmentError `environment/gpu-unavailable`
 */
export async function checkGpu({ gpu, count }: GpuStep, onProgress: Progress): Promise<void> {
  const found = await gpus();
  if (found.length < count) {
    const has = found.length === 0 ? "no NVIDIA GPU was found" : `it has ${found.join(", ")}`;
    throw new EnvironmentError(
      "environment/gpu-unavailable",
      `The sandbox needs ${count === 1 ? `the GPU ${gpu}` : `${count} GPUs ${gpu}`} and runs on this machine, where ${has}`,
      { hint: "Remove `gpu` to run on the CPU, or run where `nvidia-smi -L` lists enough GPUs." },
    );
  }
  const others = found.filter((name) => !sameGpu(name, gpu));
  onProgress(`GPU: ${found.join(", ")}${others.length === found.length ? ` (${gpu} was asked for)` : ""}`);
}

async function gpus(): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)("nvidia-smi", ["-L"], { timeout: 20_000 });
    // GPU 0: NVIDIA A100-SXM4-80GB (UUID: …)
    return [...stdout.matchAll(/^GPU \d+: (.+?) \(UUID/gm)].map((match) => match[1] ?? "");
  } catch {
    return [];
  }
}

function sameGpu(name: string, wanted: string): boolean {
  return wanted.split("-").every((part) => name.toUpperCase().includes(part.toUpperCase()));
}

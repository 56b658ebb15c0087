import { existsSync } from "node:fs";
import { ProgramError, runProgram } from "@seer/config";
import { tool } from "../python-tools.ts";
import type { IndexSettings } from "./index-settings.ts";
import { baseEnvironment, networkVariables } from "./installer-environment.ts";

const cpuIndex = "https://download.pytorch.org/whl/cpu";
const timeoutSeconds = 3;

/** Whether this machine has an NVIDIA driver, and so needs PyTorch's CUDA build. */
export function hasNvidiaDriver(): boolean {
  return existsSync("/proc/driver/nvidia/version");
}

/**
 * Installer options that choose the PyTorch build for this machine. PyPI has only the CUDA build (5 GB); PyTorch's own
 * index also has a CPU build (0.2 GB). A configured index takes precedence.
 */
export async function torchOptions(
  installer: "uv" | "pip",
  settings: IndexSettings,
  { python, signal }: { python: string; signal?: AbortSignal | undefined },
): Promise<string[]> {
  const chosen = process.env.UV_TORCH_BACKEND;
  if (installer === "uv" && chosen) return ["--torch-backend", chosen];
  if (process.platform !== "linux" || settings.noIndex || settings.index !== null) return [];
  // PyPI's build is the CUDA one.
  if (installer === "pip" && hasNvidiaDriver()) return [];
  if (!(await isReachable(`${cpuIndex}/torch/`, python, settings, signal))) return [];
  return installer === "uv" ? ["--torch-backend", "auto"] : ["--extra-index-url", cpuIndex];
}

/** A remark if the CUDA build was installed although this machine has no GPU. */
export function torchRemark(version: string | undefined): string | undefined {
  const isForCuda = version !== undefined && !version.includes("+");
  if (!isForCuda || process.platform !== "linux" || process.arch !== "x64" || hasNvidiaDriver())
    return undefined;
  return `torch ${version} is the CUDA build: PyTorch's CPU index (${cpuIndex}) was not used, because it could not be reached or another index is configured`;
}

async function isReachable(
  url: string,
  python: string,
  settings: IndexSettings,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await runProgram(python, ["-I", tool("check_url"), url, String(timeoutSeconds)], {
      env: { ...baseEnvironment("/nonexistent"), ...networkVariables(settings, true) },
      signal,
      timeoutMs: 2 * timeoutSeconds * 1000,
    });
    return true;
  } catch (error) {
    if (error instanceof ProgramError) return false;
    throw error;
  }
}

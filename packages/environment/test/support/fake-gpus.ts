import { writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { vi } from "vitest";
import { temporaryDirectory } from "./home.ts";

export interface FakeGpus {
  /** What processes use, as nvidia-smi says it: `pid, MiB` a line. */
  setProcesses(lines: readonly string[]): Promise<void>;
}

/** Puts an `nvidia-smi` on the PATH that finds these GPUs: their names, and the MiB that are used of each. */
export async function useFakeGpus(
  gpus: readonly (readonly [name: string, usedMiB: number])[],
): Promise<FakeGpus> {
  const folder = await temporaryDirectory();
  const rows = gpus.map(([name, used], index) => `${index}, ${fakeUuid(index)}, ${name}, ${used}\n`);
  await writeFile(join(folder, "gpus"), rows.join(""));
  await writeFile(join(folder, "processes"), "");
  const script = `#!/bin/sh
case "$1" in
  --query-gpu=*) exec cat ${folder}/gpus ;;
  --query-compute-apps=*) exec cat ${folder}/processes ;;
esac
exit 1
`;
  await writeFile(join(folder, "nvidia-smi"), script, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
  return { setProcesses: (lines) => writeFile(join(folder, "processes"), `${lines.join("\n")}\n`) };
}

export function fakeUuid(index: number): string {
  return `GPU-${String(index).repeat(8)}-0000-0000-0000-000000000000`;
}

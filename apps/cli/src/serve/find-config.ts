import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type Progress, readSandboxConfig, type SandboxConfigInput } from "@seer/config";

/** The sandbox's configuration: the given file, else `seer.config.json` next to the interface file, else defaults. */
export async function findConfig(
  interfaceFile: string,
  asked: string | undefined,
  say: Progress,
): Promise<SandboxConfigInput> {
  if (asked !== undefined) return await readSandboxConfig(asked);
  const beside = join(dirname(interfaceFile), "seer.config.json");
  if (!existsSync(beside)) return {};
  say(`Using ${relative("", beside)}`);
  return await readSandboxConfig(beside);
}

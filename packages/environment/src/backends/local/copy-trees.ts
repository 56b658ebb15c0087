import { findPython } from "@seer/rpc/launch";
import { explainFullDisk, runTool, tool } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import { homeDisk } from "./home.ts";

const noSpace = 28;

export interface CopiedTrees {
  /** Disk space that the copies use. */
  readonly bytes: number;
  /** Files and directories that could not be read, at most 20 per pair. */
  readonly leftOut: readonly string[];
}

/**
 * Copies directories of this machine, with blocks shared where the file system can do that.
 *
 * @throws EnvironmentError `environment/disk-full` or `environment/snapshot-failed`
 */
export async function copyTrees(
  pairs: readonly (readonly [from: string, to: string])[],
  signal: AbortSignal | undefined,
): Promise<CopiedTrees> {
  const python = (await findPython({ signal })).executable;
  const command = [python, "-I", "-S", tool("copy_trees"), ...pairs.flat()];
  const { exitCode, output } = await runTool(command, { python, signal });
  if (exitCode === 0) return JSON.parse(output) as CopiedTrees;
  if (exitCode === noSpace) throw explainFullDisk(new Error(output), homeDisk());
  throw new EnvironmentError("environment/snapshot-failed", `The files cannot be copied: ${output}`);
}

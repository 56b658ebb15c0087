import { findPython } from "@seer/rpc/launch";
import { EnvironmentError } from "../../../errors.ts";
import { tool } from "../../../python-source.ts";
import { runTool } from "../../../this-machine/run-tool.ts";
import { explainFullDisk } from "../../disk-full.ts";
import { homeDisk } from "../home-disk.ts";

const noSpace = 28;

/**
 * Copies directories of this machine, with blocks shared where the file system can do that, and returns what the
 * copies take on the disk.
 *
 * @throws EnvironmentError `environment/disk-full` or `environment/snapshot-failed`
 */
export async function copyTrees(
  pairs: readonly (readonly [from: string, to: string])[],
  signal: AbortSignal | undefined,
): Promise<number> {
  const python = (await findPython({ signal })).executable;
  const command = [python, "-I", tool("copy_trees"), ...pairs.flat()];
  const { exitCode, output } = await runTool(command, { python, signal });
  if (exitCode === 0) return (JSON.parse(output) as { bytes: number }).bytes;
  if (exitCode === noSpace) throw explainFullDisk(new Error(output), homeDisk());
  throw new EnvironmentError("environment/snapshot-failed", `The files cannot be copied: ${output}`);
}

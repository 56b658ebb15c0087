import { bubblewrapArguments } from "@seer/rpc/launch";
import { EnvironmentError } from "../../../errors.ts";
import { findCommand } from "../../../this-machine/find-command.ts";
import { runTool, type ToolResult } from "../../../this-machine/run-tool.ts";
import { places } from "../layout.ts";
import type { StartContext } from "../start-context.ts";

/**
 * Runs a command of a sandbox without network in a view like the sandbox's own, but with this machine's network and
 * without the sandbox's secrets. It ends with this process.
 */
export async function runWithNetwork(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  { environment, sealed, options: { signal } }: StartContext,
): Promise<ToolResult> {
  const bubblewrap = await findCommand("bwrap");
  if (bubblewrap === undefined || sealed === undefined) {
    throw new EnvironmentError("environment/isolation-unavailable", "bubblewrap is gone");
  }
  const view = bubblewrapArguments({
    ...sealed.view,
    workingDirectory: places.workspace,
    network: true,
    dieWithParent: true,
  });
  return await runTool([bubblewrap, ...view, "--", ...argv], {
    python: environment.executable,
    env: { ...sealed.env, ...env },
    signal,
  });
}

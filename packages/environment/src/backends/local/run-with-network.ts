import { runInBubblewrap, type ToolResult } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import { insidePaths } from "./layout.ts";
import type { StartContext } from "./start-context.ts";

/**
 * Runs a command of a sandbox without full network access in a copy of the sandbox's view that has internet access but not the
 * sandbox's secrets. The command ends with this process.
 */
export async function runWithNetwork(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  { environment, installView, isolation, options: { signal } }: StartContext,
): Promise<ToolResult> {
  if (installView === undefined) {
    throw new EnvironmentError(
      "environment/isolation-unavailable",
      "The sandbox is not isolated by bubblewrap",
    );
  }
  const { filter: _, network: __, ...view } = installView.view;
  return await runInBubblewrap(argv, {
    isolation,
    view: { ...view, workingDirectory: insidePaths.workspace },
    python: environment.executable,
    env: { PATH: process.env.PATH, ...installView.env, ...env },
    signal,
  });
}

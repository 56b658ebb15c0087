import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { EnvironmentError } from "../../../errors.ts";
import { tool } from "../../../python-source.ts";
import type { EnvironmentOptions, PythonEnvironment } from "../../../this-machine/python-environment.ts";
import { runTool } from "../../../this-machine/run-tool.ts";
import { writeAtomically } from "../../../write-atomically.ts";

/**
 * What a kernel must be installed with to work with an environment's packages, which are the ones that it imports:
 * nothing, unless some are too old or too new for the usual one. Neither of both ever changes, so it is kept.
 */
export async function kernelPins(
  environment: PythonEnvironment,
  usual: PythonEnvironment,
  { signal }: Pick<EnvironmentOptions, "signal">,
): Promise<string[]> {
  const file = join(environment.directory, `seer-kernel-${basename(usual.directory)}.json`);
  const known = await readFile(file, "utf8").catch(() => undefined);
  if (known !== undefined) return JSON.parse(known) as string[];
  const { exitCode, output } = await runTool(
    [
      join(environment.directory, "bin", "python"),
      "-I",
      tool("kernel_pins"),
      join(usual.directory, usual.sitePackages),
    ],
    { python: environment.executable, signal },
  );
  if (exitCode !== 0) {
    throw new EnvironmentError(
      "environment/service-failed",
      `The packages for the notebook's kernel cannot be chosen:\n${output}`,
    );
  }
  await writeAtomically(file, output);
  return JSON.parse(output) as string[];
}

import { runProgram } from "@seer/config";
import { findCommand } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import type { SystemPackagesStep } from "../../plan/plan.ts";

/**
 * Checks that this machine has the Debian packages; on other systems, that it has programs with their names.
 *
 * @throws EnvironmentError `environment/system-packages-missing`
 */
export async function checkSystemPackages({ packages }: SystemPackagesStep): Promise<void> {
  const missing: string[] = [];
  for (const name of packages) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length === 0) return;
  throw new EnvironmentError(
    "environment/system-packages-missing",
    `This machine lacks ${missing.join(", ")} of \`systemPackages\`, and the local backend cannot install system packages`,
    { hint: `Run \`sudo apt-get install ${missing.join(" ")}\`.` },
  );
}

async function isInstalled(wanted: string): Promise<boolean> {
  const [name = wanted, version] = wanted.split("=");
  try {
    const { stdout } = await runProgram("dpkg", ["--status", name], { timeoutMs: 20_000 });
    const installed = /^Version: (.*)$/m.exec(stdout)?.[1];
    return /^Status: install ok installed$/m.test(stdout) && (version ?? installed) === installed;
  } catch {
    return version === undefined && (await findCommand(name)) !== undefined;
  }
}

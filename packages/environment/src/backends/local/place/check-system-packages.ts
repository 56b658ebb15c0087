import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { EnvironmentError } from "../../../errors.ts";
import type { SystemPackagesStep } from "../../../plan/plan.ts";
import { findCommand } from "../../../this-machine/find-command.ts";

/**
 * Looks whether this machine has the Debian packages, or, where it is no Debian, programs of their names.
 *
 * @throws EnvironmentError `environment/system-packages-missing`
 */
export async function checkSystemPackages({ packages }: SystemPackagesStep): Promise<void> {
  const missing: string[] = [];
  for (const name of packages) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length === 0) return;
  throw new EnvironmentError(
    "environment/system-packages-missing",
    `This machine lacks ${missing.join(", ")}, which \`systemPackages\` names; the local backend installs no system packages`,
    { hint: `Run \`sudo apt-get install ${missing.join(" ")}\`.` },
  );
}

async function isInstalled(wanted: string): Promise<boolean> {
  const [name = wanted, version] = wanted.split("=");
  try {
    const { stdout } = await promisify(execFile)("dpkg", ["--status", name]);
    const installed = /^Version: (.*)$/m.exec(stdout)?.[1];
    return /^Status: install ok installed$/m.test(stdout) && (version ?? installed) === installed;
  } catch {
    return version === undefined && (await findCommand(name)) !== undefined;
  }
}

import { SystemError } from "../errors.ts";
import { runScript } from "../run-script.ts";
import type { PythonEnvironment } from "./python-environment.ts";

/** What `seer_tools/check_installed.py` prints. */
interface Installed {
  readonly missing: readonly string[];
  /** Names in the site-packages directory. */
  readonly entries: readonly string[];
  readonly bytes: number;
  /** By normalized package name (lower case, dashes). */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Checks that an environment has the packages that were installed into it, because an installer may succeed and yet have
 * installed them elsewhere.
 *
 * @throws SystemError `environment/package-install-failed`
 */
export async function checkInstalled(
  { directory, sitePackages, pipWheel }: PythonEnvironment,
  requirements: readonly string[],
  { python, signal }: { python: string; signal?: AbortSignal | undefined },
): Promise<Installed> {
  const request = { sitePackages: `${directory}/${sitePackages}`, requirements, pipWheel };
  const { last, stderr } = await runScript<Installed>("check_installed", request, { python, signal });
  if (last?.missing.length === 0) return last;
  throw new SystemError(
    "environment/package-install-failed",
    last === undefined
      ? `The installed packages cannot be read:\n${stderr}`
      : `The installer reported success, but ${last.missing.join(", ")} cannot be found in the environment`,
    { hint: "Look for settings that make `pip` or `uv` install elsewhere, remove them and start again." },
  );
}

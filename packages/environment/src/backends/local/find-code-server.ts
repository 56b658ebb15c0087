import { readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sandboxPaths } from "@seer/config";
import type { Mount } from "@seer/rpc/launch";
import { findCommand } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";

/** The code-server installation of this machine. */
export interface InstalledCodeServer {
  /** What to mount in a sandbox. */
  readonly mount: Mount;
  /** The program's path inside the sandbox. */
  readonly program: string;
}

const installPath = `${sandboxPaths.runtime}/code-server`;

/** @throws EnvironmentError `environment/service-failed`, with how to install it */
export async function findCodeServer(): Promise<InstalledCodeServer> {
  const found = await findCommand("code-server");
  if (found === undefined) {
    throw new EnvironmentError(
      "environment/service-failed",
      "`debug` needs code-server, which is not installed on this machine",
      {
        hint: "Run `curl -fsSL https://code-server.dev/install.sh | sh`, or remove `debug`.",
      },
    );
  }
  const program = await realpath(found);
  const directory = await installation(dirname(program));
  // A wrapper script is mounted alone.
  if (directory === undefined)
    return { mount: [program, `${installPath}/code-server`], program: `${installPath}/code-server` };
  return { mount: [directory, installPath], program: `${installPath}${program.slice(directory.length)}` };
}

/** The root directory of the code-server package that contains `directory`. */
async function installation(directory: string): Promise<string | undefined> {
  const manifest = await readFile(join(directory, "package.json"), "utf8").catch(() => "{}");
  if ((JSON.parse(manifest) as { name?: string }).name === "code-server") return directory;
  return directory === dirname(directory) ? undefined : await installation(dirname(directory));
}

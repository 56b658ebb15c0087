import { readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sandboxPaths } from "@seer/config";
import type { Mount } from "@seer/rpc/launch";
import { EnvironmentError } from "../../../errors.ts";
import { findCommand } from "../../../this-machine/find-command.ts";

/** code-server as it is installed on this machine. */
export interface InstalledCodeServer {
  /** What a sandbox must see of it. */
  readonly mount: Mount;
  /** The program, as a sandbox calls it. */
  readonly program: string;
}

const place = `${sandboxPaths.runtime}/code-server`;

/** @throws EnvironmentError `environment/service-failed`, with how to install it */
export async function findCodeServer(): Promise<InstalledCodeServer> {
  const found = await findCommand("code-server");
  if (found === undefined) {
    throw new EnvironmentError(
      "environment/service-failed",
      "code-server, which `debug` starts, is not installed on this machine",
      {
        hint: "Run `curl -fsSL https://code-server.dev/install.sh | sh`, or remove `debug`.",
      },
    );
  }
  const program = await realpath(found);
  const directory = await installation(dirname(program));
  // A script of somebody's own needs no more than itself.
  if (directory === undefined)
    return { mount: [program, `${place}/code-server`], program: `${place}/code-server` };
  return { mount: [directory, place], program: `${place}${program.slice(directory.length)}` };
}

/** The directory that has all of code-server, however it was installed. */
async function installation(directory: string): Promise<string | undefined> {
  const manifest = await readFile(join(directory, "package.json"), "utf8").catch(() => "{}");
  if ((JSON.parse(manifest) as { name?: string }).name === "code-server") return directory;
  return directory === dirname(directory) ? undefined : await installation(dirname(directory));
}

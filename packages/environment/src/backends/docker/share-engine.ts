import { dirname } from "node:path";
import { sandboxPaths } from "@seer/config";
import type { Mount } from "@seer/rpc/launch";
import type { DockerEngine } from "./engine.ts";

/** What a sandbox on this machine needs to use its engine. */
export interface SharedEngine {
  readonly readOnly: readonly Mount[];
  readonly writable: readonly Mount[];
  readonly variables: Readonly<Record<string, string>>;
  /** To be put on the PATH. */
  readonly path?: string | undefined;
}

const socketInside = "/run/docker.sock";

/** Lets a sandbox use this machine's engine, which is outside of whatever keeps the sandbox from this machine. */
export function shareEngine(engine: DockerEngine, { isolated }: { isolated: boolean }): SharedEngine {
  const socket = engine.host.startsWith("unix://") ? engine.host.slice("unix://".length) : undefined;
  if (!isolated || socket === undefined) {
    const path = isolated ? programInside(engine) : { readOnly: [], path: dirname(engine.program) };
    return { ...path, writable: [], variables: hostVariables(engine.host) };
  }
  return {
    ...programInside(engine),
    writable: [[socket, socketInside]],
    variables: hostVariables(`unix://${socketInside}`),
  };
}

function hostVariables(host: string): Record<string, string> {
  return { DOCKER_HOST: host, CONTAINER_HOST: host };
}

/** What is not in /usr is not seen inside. */
function programInside({ kind, program }: DockerEngine): Pick<SharedEngine, "readOnly" | "path"> {
  if (program.startsWith("/usr/")) return { readOnly: [] };
  const directory = `${sandboxPaths.runtime}/docker`;
  return { readOnly: [[program, `${directory}/${kind}`]], path: directory };
}

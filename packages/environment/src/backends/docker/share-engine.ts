import { dirname } from "node:path";
import { sandboxPaths } from "@seer/config";
import type { Mount } from "@seer/rpc/launch";
import type { DockerEngine } from "./engine.ts";

/** Mounts and variables that let a sandbox use this machine's engine. */
export interface SharedEngine {
  readonly readOnly: readonly Mount[];
  readonly writable: readonly Mount[];
  readonly variables: Readonly<Record<string, string>>;
  /** Directory to add to PATH. */
  readonly path?: string | undefined;
}

const socketInside = "/run/docker.sock";

/** Gives a sandbox access to this machine's engine. The engine runs outside the sandbox's isolation. */
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

/** Programs outside /usr need a mount of their own. */
function programInside({ kind, program }: DockerEngine): Pick<SharedEngine, "readOnly" | "path"> {
  if (program.startsWith("/usr/")) return { readOnly: [] };
  const directory = `${sandboxPaths.runtime}/docker`;
  return { readOnly: [[program, `${directory}/${kind}`]], path: directory };
}

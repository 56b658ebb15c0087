import { join } from "node:path";
import { sandboxPaths } from "@seer/config";
import { hostSourceDirectory, type Mount } from "@seer/rpc/launch";
import { pythonSource } from "../../python-source.ts";
import { runtimePaths } from "../runtime-paths.ts";
import type { SandboxDirectories } from "./home.ts";
import type { PathMap } from "./record.ts";

/** What a sandbox calls its places. */
export const places = {
  workspace: sandboxPaths.workspace,
  models: sandboxPaths.models,
  home: "/home/seer",
  temporary: "/tmp",
  python: runtimePaths.environment,
  host: runtimePaths.host,
  logs: runtimePaths.logs,
  /** The shared Python environment that the sandbox's own builds on. */
  environment: `${sandboxPaths.runtime}/environment`,
  init: runtimePaths.init,
} as const;

/** Where its writable places are on this machine. */
export function writableMounts(directories: SandboxDirectories): Mount[] {
  return [
    [directories.workspace, places.workspace],
    [directories.home, places.home],
    [directories.temporary, places.temporary],
    [directories.python, places.python],
    [directories.logs, places.logs],
  ];
}

/** Where what it only reads is, but for its models. */
export function readOnlyMounts(environment: string): Mount[] {
  return [
    [environment, places.environment],
    [hostSourceDirectory(), places.host],
    ...["seer_init", "seer_services"].map(
      (name) => [join(pythonSource(), name), `${places.init}/${name}`] as const,
    ),
  ];
}

/** Where a sandbox without isolation finds what it would find at these paths. /tmp is everybody's there. */
export function pathMap(
  directories: SandboxDirectories,
  environment: string | undefined,
  more: readonly Mount[],
): PathMap {
  const shared: Mount[] = [
    ...(environment === undefined ? [] : [[environment, places.environment] as const]),
    [hostSourceDirectory(), places.host],
    [pythonSource(), places.init],
    [directories.models, places.models],
    ...more,
  ];
  return [...writableMounts(directories), ...shared]
    .filter(([, called]) => called !== places.temporary)
    .map(([real, called]) => [called, real]);
}

/** The path of what a sandbox calls `path`, which is absolute, for its processes. */
export function realPath(path: string, map: PathMap): string {
  const entry = map.find(([called]) => path === called || path.startsWith(`${called}/`));
  return entry === undefined ? path : `${entry[1]}${path.slice(entry[0].length)}`;
}

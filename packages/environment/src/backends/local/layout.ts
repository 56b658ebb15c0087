import { join } from "node:path";
import { sandboxPaths } from "@seer/config";
import { hostSourceDirectory, type Mount } from "@seer/rpc/launch";
import { pythonSource } from "../../runtime/python-source.ts";
import { runtimePaths } from "../../runtime/runtime-paths.ts";
import type { SandboxDirectories } from "./home.ts";
import type { PathMap } from "./sandbox-directory.ts";

/** Paths inside a sandbox. */
export const insidePaths = {
  workspace: sandboxPaths.workspace,
  models: sandboxPaths.models,
  home: "/home/seer",
  root: sandboxPaths.root,
  temporary: "/tmp",
  python: runtimePaths.environment,
  host: runtimePaths.host,
  logs: runtimePaths.logs,
  /** The shared Python environment; the sandbox's own environment extends it. */
  environment: `${sandboxPaths.runtime}/environment`,
  init: runtimePaths.init,
} as const;

/** Mounts of the sandbox's writable directories. */
export function writableMounts(directories: SandboxDirectories): Mount[] {
  return [
    [directories.workspace, insidePaths.workspace],
    [directories.home, insidePaths.home],
    [directories.rootHome, insidePaths.root],
    [directories.temporary, insidePaths.temporary],
    [directories.python, insidePaths.python],
    [directories.logs, insidePaths.logs],
  ];
}

/** Mounts of the sandbox's read-only directories, without its models. */
export function readOnlyMounts(environment: string): Mount[] {
  return [
    [environment, insidePaths.environment],
    [hostSourceDirectory(), insidePaths.host],
    ...["seer_init", "seer_services"].map(
      (name) => [join(pythonSource(), name), `${insidePaths.init}/${name}`] as const,
    ),
  ];
}

/** Maps paths inside to paths on this machine for a sandbox without isolation. Excludes /tmp, which all processes share. */
export function pathMap(
  directories: SandboxDirectories,
  environment: string | undefined,
  more: readonly Mount[],
): PathMap {
  const shared: Mount[] = [
    ...(environment === undefined ? [] : [[environment, insidePaths.environment] as const]),
    [hostSourceDirectory(), insidePaths.host],
    [pythonSource(), insidePaths.init],
    [directories.models, insidePaths.models],
    ...more,
  ];
  return [...writableMounts(directories), ...shared]
    .filter(([, inside]) => inside !== insidePaths.temporary)
    .map(([real, inside]) => [inside, real]);
}

/** Maps an absolute sandbox path to the path that the sandbox's processes see. */
export function realPath(path: string, map: PathMap): string {
  const entry = map.find(([inside]) => path === inside || path.startsWith(`${inside}/`));
  return entry === undefined ? path : `${entry[1]}${path.slice(entry[0].length)}`;
}

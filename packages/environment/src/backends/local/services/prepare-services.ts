import { join } from "node:path";
import type { Mount } from "@seer/rpc/launch";
import type { PythonStep, ServiceStep } from "../../../plan/plan.ts";
import { jupyterPackages } from "../../../services/packages.ts";
import { runtimePaths } from "../../runtime-paths.ts";
import { type EnvironmentOptions, pythonEnvironment } from "../python/python-environment.ts";
import { findCodeServer } from "./find-code-server.ts";

/** What the services of a sandbox need of this machine. */
export interface LocalServices {
  /** What the sandbox must see. */
  readonly mounts: readonly Mount[];
  /** The program code-server, as the sandbox calls it. */
  readonly codeServer?: string | undefined;
}

/** @throws EnvironmentError `environment/service-failed` or `environment/package-install-failed` */
export async function prepareServices(
  services: readonly ServiceStep["service"][],
  python: PythonStep,
  options: EnvironmentOptions,
): Promise<LocalServices> {
  // It costs nothing, and may fail.
  const codeServer = services.includes("code-server") ? await findCodeServer() : undefined;
  return {
    mounts: [
      ...(services.includes("jupyter") ? await jupyterMounts(python, options) : []),
      ...(codeServer === undefined ? [] : [codeServer.mount]),
    ],
    codeServer: codeServer?.program,
  };
}

async function jupyterMounts({ version }: PythonStep, options: EnvironmentOptions): Promise<Mount[]> {
  const environment = (packages: readonly string[]) =>
    pythonEnvironment(
      { kind: "python", ...(version === undefined ? {} : { version }), packages },
      { ...options, quiet: true },
    );
  const server = await environment(jupyterPackages.server);
  const kernel = await environment(jupyterPackages.kernel);
  return [
    [server.directory, runtimePaths.jupyter],
    [join(kernel.directory, kernel.sitePackages), runtimePaths.kernel],
  ];
}

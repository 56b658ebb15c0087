import { join } from "node:path";
import type { Mount } from "@seer/rpc/launch";
import { EnvironmentError } from "../../../errors.ts";
import type { PythonStep, ServiceStep } from "../../../plan/plan.ts";
import { jupyterPackages } from "../../../services/packages.ts";
import {
  type EnvironmentOptions,
  type PythonEnvironment,
  pythonEnvironment,
} from "../../../this-machine/python-environment.ts";
import { runtimePaths } from "../../runtime-paths.ts";
import type { InstalledCodeServer } from "./find-code-server.ts";
import { kernelPins } from "./kernel-pins.ts";

/** What the services of a sandbox need of this machine. */
export interface LocalServices {
  /** What the sandbox must see. */
  readonly mounts: readonly Mount[];
  /** The program code-server, as the sandbox calls it. */
  readonly codeServer?: string | undefined;
}

export interface ServicesOptions extends EnvironmentOptions {
  python: PythonStep;
  /** The environment that the sandbox builds on. */
  environment: PythonEnvironment;
  codeServer: InstalledCodeServer | undefined;
}

/** @throws EnvironmentError `environment/package-install-failed` */
export async function prepareServices(
  services: readonly ServiceStep["service"][],
  { codeServer, ...options }: ServicesOptions,
): Promise<LocalServices> {
  return {
    mounts: [
      ...(services.includes("jupyter") ? await jupyterMounts(options) : []),
      ...(codeServer === undefined ? [] : [codeServer.mount]),
    ],
    codeServer: codeServer?.program,
  };
}

async function jupyterMounts(options: Omit<ServicesOptions, "codeServer">): Promise<Mount[]> {
  const { python, environment, ...rest } = options;
  const install = (packages: readonly string[]) =>
    pythonEnvironment({ ...python, packages }, { ...rest, quiet: true });
  const server = await install(jupyterPackages.server);
  const usual = await install(jupyterPackages.kernel);
  const pins = await kernelPins(environment, usual, rest);
  const kernel = pins.length === 0 ? usual : await installWith(pins, install);
  return [
    [server.directory, runtimePaths.jupyter],
    [join(kernel.directory, kernel.sitePackages), runtimePaths.kernel],
  ];
}

async function installWith(
  pins: readonly string[],
  install: (packages: readonly string[]) => Promise<PythonEnvironment>,
): Promise<PythonEnvironment> {
  try {
    return await install([...jupyterPackages.kernel, ...pins]);
  } catch (cause) {
    if (!(cause instanceof EnvironmentError && cause.code === "environment/package-install-failed"))
      throw cause;
    throw new EnvironmentError(
      "environment/service-failed",
      `No kernel for notebooks works with ${pins.join(", ")} of \`pythonPackages\`:\n${cause.message}`,
      { hint: 'Allow other versions, or do without notebooks by `executionMode: "cli"`.', cause },
    );
  }
}

import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { SeerError } from "@seer/config";
import type { Mount } from "@seer/rpc/launch";
import {
  type EnvironmentOptions,
  type PythonEnvironment,
  pythonEnvironment,
  runTool,
  tool,
  writeAtomically,
} from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import type { PythonStep, ServiceStep } from "../../plan/plan.ts";
import { jupyterPackages } from "../../runtime/jupyter-packages.ts";
import { runtimePaths } from "../../runtime/runtime-paths.ts";
import type { InstalledCodeServer } from "./find-code-server.ts";

/** What the services of a sandbox need on this machine. */
export interface LocalServices {
  /** Mounts for the sandbox. */
  readonly mounts: readonly Mount[];
  /** The path of the code-server program inside the sandbox. */
  readonly codeServer?: string | undefined;
}

export interface ServicesOptions extends EnvironmentOptions {
  python: PythonStep;
  /** The environment that the sandbox's own environment extends. */
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
    pythonEnvironment({ ...python, packages }, { ...rest, quiet: true, torch: false });
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
    if (!(SeerError.isInstance(cause) && cause.code === "environment/package-install-failed")) throw cause;
    throw new EnvironmentError(
      "environment/service-failed",
      `No notebook kernel is compatible with ${pins.join(", ")} of \`pythonPackages\`:\n${cause.message}`,
      { hint: 'Allow other versions, or disable notebooks with `executionMode: "cli"`.', cause },
    );
  }
}

/**
 * Returns version pins for packages that the kernel shares with an environment, if the environment's versions do not fit
 * the default kernel. Cached, because neither environment ever changes.
 */
async function kernelPins(
  environment: PythonEnvironment,
  usual: PythonEnvironment,
  { signal }: Pick<EnvironmentOptions, "signal">,
): Promise<string[]> {
  const file = join(environment.directory, `seer-kernel-${basename(usual.directory)}.json`);
  const known = await readFile(file, "utf8").catch(() => undefined);
  if (known !== undefined) return JSON.parse(known) as string[];
  const { exitCode, output } = await runTool(
    [
      // Not the environment's own Python: its packages could run code at each start.
      environment.executable,
      "-I",
      tool("kernel_pins"),
      join(environment.directory, environment.sitePackages),
      join(usual.directory, usual.sitePackages),
    ],
    { python: environment.executable, signal },
  );
  if (exitCode !== 0) {
    throw new EnvironmentError(
      "environment/service-failed",
      `The packages of the notebook kernel cannot be resolved:\n${output}`,
    );
  }
  await writeAtomically(file, output);
  return JSON.parse(output) as string[];
}

import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { SeerError } from "@seer/config";
import { type Mount, pythonMounts } from "@seer/rpc/launch";
import {
  type EnvironmentOptions,
  type PythonEnvironment,
  pythonEnvironment,
  runInBubblewrap,
  runTool,
  tool,
  toolsDirectory,
  writeAtomically,
} from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import type { PythonStep, ServiceStep } from "../../plan/plan.ts";
import { jupyterPackages } from "../../runtime/jupyter-packages.ts";
import { runtimePaths } from "../../runtime/runtime-paths.ts";
import type { InstalledCodeServer } from "./find-code-server.ts";
import { readPins } from "./read-pins.ts";

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
  { isolation, signal }: Pick<EnvironmentOptions, "isolation" | "signal">,
): Promise<string[]> {
  const file = join(environment.directory, `seer-kernel-${basename(usual.directory)}.json`);
  const known = await readFile(file, "utf8").catch(() => undefined);
  if (known !== undefined) return readPins(known);
  const directories = [environment, usual].map(({ directory, sitePackages }) =>
    join(directory, sitePackages),
  );
  const command = [environment.executable, "-I", tool("kernel_pins"), ...directories];
  const how = { python: environment.executable, env: { PATH: process.env.PATH }, signal };
  const { exitCode, output } =
    isolation.kind === "bubblewrap"
      ? await runInBubblewrap(command, { ...how, isolation, view: await viewOf(environment, directories) })
      : await runTool(command, how);
  if (exitCode !== 0) {
    throw new EnvironmentError(
      "environment/service-failed",
      `The packages of the notebook kernel cannot be resolved:\n${output}`,
    );
  }
  const pins = readPins(output);
  await writeAtomically(file, output);
  return pins;
}

/** The view of a program of Seer's that imports a package of the kernel's, which may have been built in the isolation. */
async function viewOf({ executable, prefixes }: PythonEnvironment, directories: readonly string[]) {
  const python = await pythonMounts({ executable, prefixes, version: [3, 10, 0] });
  const readOnly = [...directories, toolsDirectory()].map((path): Mount => [path, path]);
  return { ...python, readOnly: [...python.readOnly, ...readOnly], workingDirectory: "/tmp" };
}

import { createHash } from "node:crypto";
import { mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "@seer/config";
import type { PythonInterpreter } from "@seer/rpc/launch";
import { EnvironmentError } from "../errors.ts";
import type { PythonStep } from "../plan/plan.ts";
import { tool } from "../python-source.ts";
import { environmentsDirectory } from "../seer-home.ts";
import { lockFile } from "./file-lock.ts";
import { findInterpreter } from "./find-interpreter.ts";
import { installPackages } from "./install-packages.ts";
import { runTool } from "./run-tool.ts";

/** A Python environment on this machine that is built once, never changed, and shared by the sandboxes that ask for it. */
export interface PythonEnvironment {
  readonly directory: string;
  readonly version: string;
  /** The interpreter that it is made of, and the directories that this one needs. */
  readonly executable: string;
  readonly prefixes: readonly string[];
  /** Relative to `directory`. */
  readonly sitePackages: string;
  /** A pip that can be run from its wheel, where there is one. */
  readonly pipWheel: string | null;
}

export interface EnvironmentOptions {
  onProgress: Progress;
  signal?: AbortSignal | undefined;
  /** Says only what takes time. */
  quiet?: boolean | undefined;
}

const marker = "seer-environment.json";
// Part of the hash: environments that an older Seer built differently are not found.
const format = 1;

/**
 * Finds the environment that a plan asks for, or builds it. Of several that need the same one, one builds and the
 * others wait; an environment whose building was cut off has no marker, and is built anew.
 */
export async function pythonEnvironment(
  step: PythonStep,
  options: EnvironmentOptions,
): Promise<PythonEnvironment> {
  const { onProgress, signal, quiet = false } = options;
  const { interpreter, packages, directory } = await wanted(step, signal);
  const version = interpreter.version.join(".");
  const existing = await readMarker(directory);
  if (existing !== undefined) {
    if (!quiet) onProgress(`Python ${version}${list(packages)}: from the cache`);
    return existing;
  }
  await using lock = await lockFile(`${directory}.lock`, {
    python: interpreter.executable,
    signal,
    onWait: () => onProgress(`Python ${version}${list(packages)}: waiting for another start that builds it`),
  });
  const builtMeanwhile = await readMarker(directory);
  if (builtMeanwhile !== undefined) return builtMeanwhile;
  onProgress(`Python ${version}${list(packages)}: building the environment`);
  try {
    return await build(interpreter, packages, directory, { ...options, lock: lock.descriptor });
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** Whether it is there already. */
export async function hasPythonEnvironment(step: PythonStep): Promise<boolean> {
  // Why there is no such interpreter is for the start to say.
  const found = await wanted(step, undefined).catch(() => undefined);
  return found !== undefined && (await readMarker(found.directory)) !== undefined;
}

async function wanted(step: PythonStep, signal: AbortSignal | undefined) {
  const interpreter = await findInterpreter(step.version, signal);
  const packages = [...new Set(step.packages)].toSorted();
  return {
    interpreter,
    packages,
    directory: join(environmentsDirectory(), await hash(interpreter, packages)),
  };
}

async function build(
  interpreter: PythonInterpreter,
  packages: readonly string[],
  directory: string,
  options: EnvironmentOptions & { lock: number },
): Promise<PythonEnvironment> {
  await rm(directory, { recursive: true, force: true });
  // What an installer that is killed leaves of its temporary files goes with the rest.
  const temporary = join(directory, ".tmp");
  await mkdir(temporary, { recursive: true, mode: 0o755 });
  const { signal, lock } = options;
  const python = interpreter.executable;
  const made = await runTool([python, "-I", "-m", "venv", "--without-pip", directory], {
    python,
    signal,
    lock,
  });
  if (made.exitCode !== 0) throw unusable(interpreter, made.output);
  const own = join(directory, "bin", "python");
  const inspected = await runTool([own, "-I", tool("inspect_environment")], { python, signal, lock });
  if (inspected.exitCode !== 0) throw unusable(interpreter, inspected.output);
  const environment = { directory, ...JSON.parse(inspected.output) } as PythonEnvironment;
  if (packages.length > 0) await installPackages(environment, packages, { ...options, python, temporary });
  await rm(temporary, { recursive: true, force: true });
  const path = join(directory, marker);
  await writeFile(`${path}.new`, `${JSON.stringify({ ...environment, packages }, null, 2)}\n`);
  await rename(`${path}.new`, path);
  return environment;
}

export async function isBuilt(directory: string): Promise<boolean> {
  return (await readMarker(directory)) !== undefined;
}

async function readMarker(directory: string): Promise<PythonEnvironment | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, marker), "utf8")) as PythonEnvironment;
  } catch {
    return undefined;
  }
}

async function hash(
  { executable, version }: PythonInterpreter,
  packages: readonly string[],
): Promise<string> {
  const made = [format, process.platform, process.arch, await realpath(executable), version, packages];
  return createHash("sha256").update(JSON.stringify(made)).digest("hex").slice(0, 24);
}

function list(packages: readonly string[]): string {
  return packages.length === 0 ? "" : ` with ${packages.join(", ")}`;
}

function unusable({ executable }: PythonInterpreter, output: string): EnvironmentError {
  return new EnvironmentError(
    "environment/python-not-found",
    `${executable} cannot make a virtual environment:\n${output.trim()}`,
    { hint: "Name another interpreter in SEER_PYTHON." },
  );
}

import { createHash } from "node:crypto";
import { access, mkdir, readdir, readFile, realpath, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { formatBytes, type Progress } from "@seer/config";
import { findPython, type PythonInterpreter } from "@seer/rpc/launch";
import { SystemError } from "../errors.ts";
import { lockFile } from "../file-lock.ts";
import { tool } from "../python-tools.ts";
import { runTool } from "../run-tool.ts";
import { environmentsDirectory } from "../seer-home.ts";
import { noteUse } from "../uses.ts";
import { writeAtomically } from "../write-atomically.ts";
import { checkContents } from "./check-contents.ts";
import { checkInstalled } from "./check-installed.ts";
import { findInterpreter } from "./find-interpreter.ts";
import { installPackages } from "./install-packages.ts";
import { baseEnvironment } from "./installer-environment.ts";
import type { InstallIsolation } from "./run-installer.ts";
import { hasNvidiaDriver, torchRemark } from "./torch-options.ts";

/** An immutable Python environment on this machine, shared by all sandboxes with the same packages. */
export interface PythonEnvironment {
  readonly directory: string;
  readonly version: string;
  /** The base interpreter. */
  readonly executable: string;
  /** Directories that the base interpreter needs. */
  readonly prefixes: readonly string[];
  /** Relative to `directory`. */
  readonly sitePackages: string;
  /** Path of a pip wheel that Python can run, if there is one. */
  readonly pipWheel: string | null;
}

/** Written into an environment when it is complete. */
interface Marker extends PythonEnvironment {
  readonly packages: readonly string[];
  /** Names in `sitePackages` at that time, to detect packages that were removed later. */
  readonly entries: readonly string[];
}

export interface PythonRequest {
  /** Such as `"3.12"`; any version when absent. */
  readonly version?: string | undefined;
  /** The interpreter to use; overrides `version`. */
  readonly python?: string | undefined;
  /** pip requirements. */
  readonly packages: readonly string[];
}

export interface EnvironmentOptions {
  onProgress: Progress;
  signal?: AbortSignal | undefined;
  /** Do not report cache hits. */
  quiet?: boolean | undefined;
  /** Whether one of the packages may need PyTorch. @default true */
  torch?: boolean | undefined;
  /** Install wheels only, so that no package code runs. @default false */
  wheelsOnly?: boolean | undefined;
  /** The isolation of the sandbox, which also applies here: installing a package may run its code. */
  isolation: InstallIsolation;
}

// Part of the hash, so that environments which an older Seer built differently are not used.
const format = 2;

/**
 * Finds or builds the environment for a request. Only one process builds an environment; the others wait for it. An
 * environment that is incomplete, or has lost packages or its interpreter, is rebuilt.
 */
export async function pythonEnvironment(
  step: PythonRequest,
  options: EnvironmentOptions,
): Promise<PythonEnvironment> {
  const { onProgress, signal, quiet = false } = options;
  const { interpreter, packages, directory } = await resolveRequest(step, options.isolation, signal);
  const version = interpreter.version.join(".");
  await noteUse(basename(directory));
  const existing = await findComplete(directory);
  if (existing !== undefined) {
    if (!quiet) onProgress(`Python ${version}${list(packages)}: from the cache`);
    return existing;
  }
  await using lock = await lockFile(`${directory}.lock`, {
    python: interpreter.executable,
    signal,
    onWait: () =>
      onProgress(`Python ${version}${list(packages)}: waiting for another process that is building it`),
  });
  const builtMeanwhile = await findComplete(directory);
  if (builtMeanwhile !== undefined) return builtMeanwhile;
  onProgress(`Python ${version}${list(packages)}: building the environment`);
  try {
    return await build(interpreter, packages, directory, { ...options, lock: lock.descriptor });
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** The environment's own interpreter, which is not started to find out about it: a package's build could have replaced it. */
export function interpreterOf({
  directory,
  executable,
  prefixes,
  version,
}: PythonEnvironment): PythonInterpreter {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return {
    executable: join(directory, "bin", "python"),
    version: [major, minor, patch],
    prefixes: [directory, ...prefixes],
    base: executable,
  };
}

/** Whether the environment is already built. */
export async function hasPythonEnvironment(step: PythonRequest): Promise<boolean> {
  // A missing interpreter is reported when a sandbox starts.
  for (const kind of ["bubblewrap", "none"] as const) {
    const found = await resolveRequest(step, { kind }, undefined).catch(() => undefined);
    if (found !== undefined && (await findComplete(found.directory)) !== undefined) return true;
  }
  return false;
}

async function resolveRequest(
  step: PythonRequest,
  { kind }: InstallIsolation,
  signal: AbortSignal | undefined,
) {
  const interpreter =
    step.python === undefined
      ? await findInterpreter(step.version, signal)
      : await findPython({ python: step.python, signal });
  const packages = [...new Set(step.packages)].toSorted();
  return {
    interpreter,
    packages,
    directory: join(await environmentsDirectory(), await hash(interpreter, packages, kind === "bubblewrap")),
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
  const { onProgress, signal, lock, torch = true } = options;
  const python = interpreter.executable;
  const own = { python, signal, lock, env: baseEnvironment(temporary) };
  const made = await runTool([python, "-I", "-m", "venv", "--without-pip", directory], own);
  if (made.exitCode !== 0) throw unusable(interpreter, made.output);
  const inspect = [join(directory, "bin", "python"), "-I", tool("inspect_environment")];
  const inspected = await runTool(inspect, own);
  if (inspected.exitCode !== 0) throw unusable(interpreter, inspected.output);
  const environment = { directory, ...JSON.parse(inspected.output) } as PythonEnvironment;
  if (packages.length > 0) {
    if (options.isolation.kind === "none" && !options.wheelsOnly)
      onProgress("  Without isolation, a package that is built from source runs its code as you");
    await installPackages(environment, packages, { ...options, python, temporary, torch });
  }
  await rm(temporary, { recursive: true, force: true });
  if (options.isolation.kind === "bubblewrap") await checkContents(environment);
  const { entries, bytes, versions } = await checkInstalled(environment, packages, { python, signal });
  const content: Marker = { ...environment, packages, entries };
  await writeAtomically(markerFile(directory), `${JSON.stringify(content, null, 2)}\n`);
  if (packages.length > 0) {
    const count = Object.keys(versions).length;
    onProgress(
      `  The environment has ${count} ${count === 1 ? "package" : "packages"}, ${formatBytes(bytes)}`,
    );
  }
  const remark = torchRemark(versions.torch);
  if (remark !== undefined) onProgress(`  ${remark}`);
  return environment;
}

export async function isBuilt(directory: string): Promise<boolean> {
  return (await readMarker(directory)) !== undefined;
}

/** The file that makes an environment complete; it is written last. */
export function markerFile(directory: string): string {
  return join(directory, "seer-environment.json");
}

export async function readMarker(directory: string): Promise<Marker | undefined> {
  try {
    return JSON.parse(await readFile(markerFile(directory), "utf8")) as Marker;
  } catch {
    return undefined;
  }
}

/** The environment in a directory, when it was built there and has all that it had when it was complete. */
async function findComplete(directory: string): Promise<PythonEnvironment | undefined> {
  const found = await readMarker(directory);
  if (found?.directory !== directory) return undefined;
  const there = new Set(await readdir(join(directory, found.sitePackages)).catch(() => []));
  const hasPython = await access(join(directory, "bin", "python")).then(
    () => true,
    () => false,
  );
  return hasPython && found.entries.every((entry) => there.has(entry)) ? found : undefined;
}

async function hash(
  { executable, version }: PythonInterpreter,
  packages: readonly string[],
  isolated: boolean,
): Promise<string> {
  const machine = [process.platform, process.arch, hasNvidiaDriver()];
  // Code of a package that was built in the isolation may have changed what others install there. Programs outside, such
  // as the hub's client, must not run it.
  const made = [format, ...machine, await realpath(executable), version, packages, isolated];
  return createHash("sha256").update(JSON.stringify(made)).digest("hex").slice(0, 24);
}

function list(packages: readonly string[]): string {
  return packages.length === 0 ? "" : ` with ${packages.join(", ")}`;
}

function unusable({ executable }: PythonInterpreter, output: string): SystemError {
  return new SystemError(
    "environment/python-not-found",
    `${executable} cannot make a virtual environment:\n${output.trim()}`,
    { hint: "Name another interpreter in SEER_PYTHON." },
  );
}

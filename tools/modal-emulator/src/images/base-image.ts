import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createBaseSkeleton } from "../contain/base-skeleton.ts";
import { collectOutput } from "../contain/collect-output.ts";
import { containerEnvironment } from "../contain/host-environment.ts";
import { type Mount, readOnly } from "../contain/host-mounts.ts";
import { findPython, type HostPython } from "../contain/host-python.ts";
import { launch } from "../contain/launch.ts";
import { createRootfs, removeRootfs } from "../contain/rootfs.ts";
import type { ImageConfig } from "./image.ts";

export interface BaseImage {
  layers: string[];
  config: ImageConfig;
  /** What the build's log says about how the emulator plays this image. */
  notes: string[];
}

/**
 * What a registry's image becomes: this machine's system, and for a `python:` tag a fresh Python environment in
 * /usr/local, where such images have it.
 */
export async function openBaseImage(
  tag: string,
  options: { cacheDirectory: string; python?: string },
): Promise<BaseImage> {
  const wanted = /(?:^|\/)python:(\d+\.\d+)?/.exec(tag);
  const python = wanted === null ? undefined : await findPython(wanted[1], options.python);
  const skeleton = await openSkeleton(options.cacheDirectory);
  if (python === undefined) {
    const notes = wanted === null ? [] : ["This machine has no Python; the image is without one."];
    return { layers: [skeleton], config: { env: {}, workdir: "/" }, notes };
  }
  const environment = await openPython(options.cacheDirectory, skeleton, python);
  const differs = wanted?.[1] !== undefined && wanted[1] !== python.version;
  return {
    layers: [environment, skeleton],
    // `uv pip install --system` passes over virtual environments, which this one really is.
    config: { env: { UV_PYTHON: "/usr/local/bin/python" }, workdir: "/", pythonPrefix: python.prefix },
    notes: differs
      ? [`This machine has no Python ${wanted[1]}; Python ${python.version} stands in for it.`]
      : [],
  };
}

async function openSkeleton(cacheDirectory: string): Promise<string> {
  const sources = ["../contain/base-skeleton.ts", "../inside/apt-get.sh"].map((file) =>
    fileURLToPath(new URL(file, import.meta.url)),
  );
  const texts = await Promise.all(sources.map((file) => readFile(file, "utf8")));
  return once(cacheDirectory, ["skeleton", ...texts], createBaseSkeleton);
}

function openPython(cacheDirectory: string, skeleton: string, python: HostPython): Promise<string> {
  const ingredients = ["python", skeleton, python.executable, python.version];
  return once(cacheDirectory, ingredients, (directory) =>
    python.prefix === "/usr/local" ? copyPython(directory) : createEnvironment(directory, skeleton, python),
  );
}

/** Where the machine is itself a Python image, its Python lies where the emulated image has to have it. */
async function copyPython(directory: string): Promise<void> {
  const target = join(directory, "usr/local");
  for (const part of ["bin", "lib"]) {
    await cp(`/usr/local/${part}`, join(target, part), { recursive: true, verbatimSymlinks: true });
  }
}

async function createEnvironment(directory: string, skeleton: string, python: HostPython): Promise<void> {
  await mkdir(directory, { recursive: true });
  const scratch = `${directory}.root`;
  const child = launch({
    rootfs: { ...(await createRootfs(scratch, [skeleton])), upper: directory },
    mounts: visiblePython(python.prefix),
    command: [python.executable, "-m", "venv", "/usr/local"],
    cwd: "/",
    env: containerEnvironment,
    network: "own",
    hostname: "modal-build",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { output, code } = await collectOutput(child);
  await removeRootfs(scratch);
  if (code !== 0)
    throw new Error(`No Python environment could be made with ${python.executable}:\n${output}`);
}

/** What must be mounted for an image's Python to run: nothing when its base is part of the system. */
export function visiblePython(prefix: string | undefined): Mount[] {
  return prefix === undefined || /^\/usr(\/|$)/.test(prefix) ? [] : [readOnly(prefix)];
}

/** Makes a directory under a name that says what is in it, once for all emulators of this user. */
async function once(
  cacheDirectory: string,
  ingredients: readonly string[],
  make: (directory: string) => Promise<void>,
): Promise<string> {
  const key = createHash("sha256").update(JSON.stringify(ingredients)).digest("hex").slice(0, 22);
  const target = join(cacheDirectory, `${ingredients[0]}-${key}`);
  if (existsSync(target)) return target;
  await mkdir(cacheDirectory, { recursive: true });
  const scratch = await mkdtemp(join(cacheDirectory, "making-"));
  try {
    await make(join(scratch, "layer"));
    await rename(join(scratch, "layer"), target);
  } catch (error) {
    // Another emulator was faster.
    if (!existsSync(target)) throw error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return target;
}

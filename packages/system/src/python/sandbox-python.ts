import { readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeDirectoryBelow, replaceFile, replaceLink } from "../replace-file.ts";
import type { PythonEnvironment } from "./python-environment.ts";

export interface SandboxPythonOptions {
  /** Where to make it on this machine. */
  directory: string;
  /** The path of `directory` inside the sandbox. */
  inside: string;
  /** The path of the shared environment inside the sandbox. */
  environmentInside: string;
}

/**
 * Makes a sandbox's own virtual environment on top of a shared one: packages installed in the sandbox stay in it and
 * come first on the import path. An environment restored from a snapshot keeps its packages.
 */
export async function makeSandboxPython(
  environment: PythonEnvironment,
  options: SandboxPythonOptions,
): Promise<void> {
  const { directory, inside, environmentInside } = options;
  const bin = join(directory, "bin");
  await makeDirectoryBelow(directory, "bin");
  await makeDirectoryBelow(directory, environment.sitePackages);
  await copyInterpreter(environment, directory);
  const paths = pathLines(environment, environmentInside);
  await replaceFile(join(directory, environment.sitePackages, "seer.pth"), paths);
  await copyScripts(environment, bin, `${inside}/bin/python`);
  await writePip(bin);
}

async function copyInterpreter(environment: PythonEnvironment, directory: string): Promise<void> {
  const names = (await readdir(join(environment.directory, "bin"))).filter((name) =>
    /^python[\d.]*$/.test(name),
  );
  for (const name of names) {
    await replaceLink(await linkTarget(environment, name), join(directory, "bin", name));
  }
  if ((await stat(join(environment.directory, "lib64")).catch(() => undefined)) !== undefined) {
    await replaceLink("lib", join(directory, "lib64"));
  }
  const settings = await readFile(join(environment.directory, "pyvenv.cfg"), "utf8");
  await replaceFile(join(directory, "pyvenv.cfg"), settings.replace(/^command = .*\n/m, ""));
}

async function linkTarget(environment: PythonEnvironment, name: string): Promise<string> {
  try {
    return await readlink(join(environment.directory, "bin", name));
  } catch {
    // The environment has a copy instead of a link.
    return environment.executable;
  }
}

/** Uses `addsitedir`, because a bare path would not read the `.pth` files there. */
function pathLines(environment: PythonEnvironment, inside: string): string {
  const packages = JSON.stringify(`${inside}/${environment.sitePackages}`);
  return [`import site; site.addsitedir(${packages})`, environment.pipWheel ?? "", ""].join("\n");
}

/** Copies the packages' commands with the sandbox's interpreter in their first line. */
async function copyScripts(environment: PythonEnvironment, bin: string, python: string): Promise<void> {
  const original = join(environment.directory, "bin");
  for (const name of await readdir(original)) {
    if (/^(python|activate|Activate)/.test(name)) continue;
    const path = join(original, name);
    const content = await readFile(path);
    if (content.toString("latin1", 0, 2) !== "#!") continue;
    const text = content.toString("utf8").replaceAll(join(original, "python"), python);
    await writeScript(join(bin, name), text);
  }
}

async function writePip(bin: string): Promise<void> {
  const script = '#!/bin/sh\nexec "$(dirname "$0")/python" -m pip "$@"\n';
  for (const name of ["pip", "pip3"]) await writeScript(join(bin, name), script);
}

/** Writes a command, unless a package installed in the sandbox already provides it. */
async function writeScript(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: "wx", mode: 0o755 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

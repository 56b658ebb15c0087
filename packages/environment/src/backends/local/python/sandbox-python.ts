import { readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PythonEnvironment } from "../../../this-machine/python-environment.ts";
import { putDirectory, putFile, putLink } from "./put-file.ts";

export interface SandboxPythonOptions {
  /** Where to make it on this machine. */
  directory: string;
  /** The same, and the environment, as the sandbox's processes know them. */
  inside: string;
  environmentInside: string;
}

/**
 * Makes a sandbox's own Python: a virtual environment that finds the packages of a shared one after its own, so that
 * what is installed in the sandbox stays in it. That takes a few small files, so it costs no time. One that came with
 * a snapshot keeps what was installed in it.
 */
export async function makeSandboxPython(
  environment: PythonEnvironment,
  options: SandboxPythonOptions,
): Promise<void> {
  const { directory, inside, environmentInside } = options;
  const bin = join(directory, "bin");
  await putDirectory(directory, "bin");
  await putDirectory(directory, environment.sitePackages);
  await copyInterpreter(environment, directory);
  const paths = pathLines(environment, environmentInside);
  await putFile(join(directory, environment.sitePackages, "seer.pth"), paths);
  await copyScripts(environment, bin, `${inside}/bin/python`);
  await writePip(bin);
}

async function copyInterpreter(environment: PythonEnvironment, directory: string): Promise<void> {
  const names = (await readdir(join(environment.directory, "bin"))).filter((name) =>
    /^python[\d.]*$/.test(name),
  );
  for (const name of names) {
    await putLink(await linkTarget(environment, name), join(directory, "bin", name));
  }
  if ((await stat(join(environment.directory, "lib64")).catch(() => undefined)) !== undefined) {
    await putLink("lib", join(directory, "lib64"));
  }
  const settings = await readFile(join(environment.directory, "pyvenv.cfg"), "utf8");
  await putFile(join(directory, "pyvenv.cfg"), settings.replace(/^command = .*\n/m, ""));
}

async function linkTarget(environment: PythonEnvironment, name: string): Promise<string> {
  try {
    return await readlink(join(environment.directory, "bin", name));
  } catch {
    // An environment may have copies instead of links.
    return environment.executable;
  }
}

/** `addsitedir` and not a bare path, which would leave the `.pth` files there unread. */
function pathLines(environment: PythonEnvironment, inside: string): string {
  const packages = JSON.stringify(`${inside}/${environment.sitePackages}`);
  return [`import site; site.addsitedir(${packages})`, environment.pipWheel ?? "", ""].join("\n");
}

/** Commands of packages name the interpreter that they run with; here it is the sandbox's own. */
async function copyScripts(environment: PythonEnvironment, bin: string, python: string): Promise<void> {
  const original = join(environment.directory, "bin");
  for (const name of await readdir(original)) {
    if (/^(python|activate|Activate)/.test(name)) continue;
    const path = join(original, name);
    const content = await readFile(path);
    if (content.toString("latin1", 0, 2) !== "#!") continue;
    const text = content.toString("utf8").replaceAll(join(original, "python"), python);
    await putScript(join(bin, name), text);
  }
}

async function writePip(bin: string): Promise<void> {
  const script = '#!/bin/sh\nexec "$(dirname "$0")/python" -m pip "$@"\n';
  for (const name of ["pip", "pip3"]) await putScript(join(bin, name), script);
}

/** Writes a command, unless one that was installed in the sandbox has its name. */
async function putScript(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: "wx", mode: 0o755 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

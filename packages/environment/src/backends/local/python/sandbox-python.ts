import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PythonEnvironment } from "./python-environment.ts";

export interface SandboxPythonOptions {
  /** Where to make it on this machine. */
  directory: string;
  /** The same, and the environment, as the sandbox's processes know them. */
  inside: string;
  environmentInside: string;
}

/**
 * Makes a sandbox's own Python: a virtual environment that finds the packages of a shared one after its own, so that
 * what is installed in the sandbox stays in it. That takes a few small files, so it costs no time.
 */
export async function makeSandboxPython(
  environment: PythonEnvironment,
  options: SandboxPythonOptions,
): Promise<void> {
  const { directory, inside, environmentInside } = options;
  const bin = join(directory, "bin");
  const site = join(directory, environment.sitePackages);
  await mkdir(bin, { recursive: true });
  await mkdir(site, { recursive: true });
  await copyInterpreter(environment, directory);
  await writeFile(join(site, "seer.pth"), pathLines(environment, environmentInside));
  await copyScripts(environment, bin, `${inside}/bin/python`);
  await writePip(bin);
}

async function copyInterpreter(environment: PythonEnvironment, directory: string): Promise<void> {
  const names = (await readdir(join(environment.directory, "bin"))).filter((name) =>
    /^python[\d.]*$/.test(name),
  );
  for (const name of names) {
    await symlink(await linkTarget(environment, name), join(directory, "bin", name));
  }
  if ((await stat(join(environment.directory, "lib64")).catch(() => undefined)) !== undefined) {
    await symlink("lib", join(directory, "lib64"));
  }
  const settings = await readFile(join(environment.directory, "pyvenv.cfg"), "utf8");
  await writeFile(join(directory, "pyvenv.cfg"), settings.replace(/^command = .*\n/m, ""));
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
    await writeFile(join(bin, name), text, { mode: 0o755 });
  }
}

async function writePip(bin: string): Promise<void> {
  const script = '#!/bin/sh\nexec "$(dirname "$0")/python" -m pip "$@"\n';
  for (const name of ["pip", "pip3"]) await writeFile(join(bin, name), script, { mode: 0o755 });
}

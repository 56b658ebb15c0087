import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findIsolation, findPython } from "@seer/rpc/launch";
import { pythonEnvironment } from "@seer/system";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Sandbox } from "../src/index.ts";
import { gitIn } from "./support/git.ts";
import { errorOf, temporaryDirectory, useOwnHome } from "./support/home.ts";
import { installers, useInstaller, useTinyPackage } from "./support/wheels.ts";

useOwnHome();
const isIsolated = (await findIsolation()).kind === "bubblewrap";
const run = promisify(execFile);
let folder: string;
let wheels: string;

beforeAll(async () => {
  folder = await temporaryDirectory();
});
beforeEach(async () => {
  wheels = await useTinyPackage();
  // Every test builds anew.
  vi.stubEnv("SEER_HOME", await temporaryDirectory());
});
afterEach(() => vi.unstubAllEnvs());

async function build(packages: string[], isolation?: { kind: "none" }) {
  const progress: string[] = [];
  const step = { kind: "python", packages } as const;
  const environment = await pythonEnvironment(step, {
    onProgress: (line) => progress.push(line),
    isolation: isolation ?? (await findIsolation()),
  });
  return { environment, progress };
}

async function importedVersion(directory: string): Promise<string> {
  const code = "import seer_tiny; print(seer_tiny.__version__)";
  const python = join(directory, "bin", "python");
  return (await run(python, ["-I", "-c", code], { env: {} })).stdout.trim();
}

/** Writes a file into the test's folder, and returns its path. */
async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, content);
  return path;
}

describe.each(installers)(
  "what a user has set for their own installations does not affect %s",
  (installer) => {
    beforeEach(() => useInstaller(installer));

    test("variables", async () => {
      await file("constraints.txt", "seer-tiny==2.0\n");
      await file("startup.py", "raise SystemExit(1)\n");
      await file("pip.conf", `[install]\ntarget = ${folder}/conf\n`);
      // Each alone makes an installation fail, or go elsewhere.
      const paths = {
        ...{ PIP_TARGET: "target", PIP_PREFIX: "prefix", PIP_ROOT: "root", PIP_CONFIG_FILE: "pip.conf" },
        ...{ PIP_CONSTRAINT: "constraints.txt", UV_CONSTRAINT: "constraints.txt", UV_TARGET: "target" },
        ...{ VIRTUAL_ENV: ".", CONDA_PREFIX: ".", PYTHONPATH: ".", PYTHONHOME: ".", PYTHONUSERBASE: "." },
        ...{ PYTHONSTARTUP: "startup.py", __PYVENV_LAUNCHER__: "python" },
      };
      for (const [name, path] of Object.entries(paths)) vi.stubEnv(name, join(folder, path));
      for (const name of ["PIP_USER", "PIP_REQUIRE_VIRTUALENV", "PIP_DRY_RUN"]) vi.stubEnv(name, "1");
      vi.stubEnv("PIP_NO_BINARY", ":all:");
      const { environment } = await build(["seer-tiny==1.0"]);
      expect(await importedVersion(environment.directory)).toBe("1.0");
    });

    test("files in the home directory", async () => {
      await file("home/.config/pip/pip.conf", `[global]\ntarget = ${folder}/elsewhere\n`);
      await file("home/.pydistutils.cfg", `[install]\nprefix = ${folder}/elsewhere\n`);
      await file("home/.config/uv/uv.toml", '[pip]\ntarget = "/nowhere"\n');
      vi.stubEnv("HOME", join(folder, "home"));
      vi.stubEnv("XDG_CONFIG_HOME", undefined);
      const { environment } = await build(["seer-tiny==1.0"]);
      expect(await importedVersion(environment.directory)).toBe("1.0");
    });
  },
);

test("where packages are found is still the user's to say, in pip.conf as well", async () => {
  for (const name of ["PIP_NO_INDEX", "PIP_FIND_LINKS", "UV_NO_INDEX", "UV_FIND_LINKS"])
    vi.stubEnv(name, undefined);
  const settings = `[global]\nfind-links = ${wheels}\n[install]\nno-index = true\n`;
  vi.stubEnv("PIP_CONFIG_FILE", await file("index.conf", settings));
  const { environment } = await build(["seer-tiny"]);
  expect(await importedVersion(environment.directory)).toBe("2.0");
});

/** Puts a program called uv first on the PATH. */
async function useUv(script: string): Promise<void> {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, "uv"), `#!/bin/sh\n${script}\n`);
  await chmod(join(directory, "uv"), 0o755);
  vi.stubEnv("PATH", `${directory}:${process.env.PATH}`);
}

test("an installer that exits with 0 but installs nothing is detected, and leaves nothing behind", async () => {
  await useUv("exit 0");
  const error = await errorOf(build(["seer-tiny==1.0"]));
  expect(error.code).toBe("environment/package-install-failed");
  expect(error.message).toContain("seer-tiny==1.0 cannot be found in the environment");
  const left = await readdir(join(process.env.SEER_HOME ?? "", "environments"));
  expect(left.filter((name) => !name.endsWith(".lock"))).toEqual([]);
});

test.each([
  ["a package", "lib/python3*/site-packages/seer_tiny.py"],
  ["its metadata", "lib/python3*/site-packages/seer_tiny-1.0.dist-info"],
  ["the interpreter", "bin/python"],
])("an environment that has lost %s is built anew", async (_, lost) => {
  const { environment } = await build(["seer-tiny==1.0"]);
  await run("sh", ["-c", `rm -r ${environment.directory}/${lost}`]);
  const again = await build(["seer-tiny==1.0"]);
  expect(again.progress.join("\n")).toContain("building the environment");
  expect(await importedVersion(again.environment.directory)).toBe("1.0");
  expect((await build(["seer-tiny==1.0"])).progress.join("\n")).toMatch(/: from the cache$/);
});

test("uv gets a short list of variables, and passwords for wheels only, in a file for this user alone", async () => {
  const seen = await temporaryDirectory();
  await useUv(`cd ${seen}; n=$(ls | wc -l); mkdir $n; cd $n; env > env; echo "$@" > argv
    for last; do :; done; cp -p "$last" requirements; exit 1`);
  const variables = [
    "UV_PUBLISH_TOKEN",
    "GITHUB_TOKEN",
    "HF_TOKEN",
    "UV_INDEX_LAB_PASSWORD",
    "TWINE_PASSWORD",
  ];
  for (const name of variables) vi.stubEnv(name, "s3cret");
  vi.stubEnv("UV_INDEX", "lab=https://index.example/simple");
  vi.stubEnv("UV_INDEX_LAB_USERNAME", "me");
  vi.stubEnv("HTTPS_PROXY", "http://me:pr0xy@127.0.0.1:9");
  vi.stubEnv("UV_TORCH_BACKEND", "cpu");
  await errorOf(build(["seer-tiny==1.0"], { kind: "none" }));
  const [first, second] = ["0", "1"].map((name) => join(seen, name)) as [string, string];
  const read = (directory: string, name: string) => readFile(join(directory, name), "utf8");
  expect(await read(first, "requirements")).toContain(
    "--extra-index-url https://me:s3cret@index.example/simple\n",
  );
  expect((await stat(join(first, "requirements"))).mode & 0o777).toBe(0o600);
  expect(await read(first, "argv")).toContain("--torch-backend cpu --only-binary :all: --requirement");
  // For that uv would start the environment's Python, and so code of packages.
  expect(await read(first, "argv")).not.toContain("--compile-bytecode");
  expect(await read(first, "argv")).not.toContain("s3cret");
  // What may be built is built without.
  expect(await read(second, "requirements")).toContain("--extra-index-url https://index.example/simple\n");
  expect(await read(second, "argv")).toContain("--torch-backend cpu --requirement");
  for (const directory of [first, second]) {
    const names = (await read(directory, "env")).split("\n").map((line) => line.split("=")[0]);
    expect(names).toContain("HTTPS_PROXY");
    for (const name of [...variables, "PIP_FIND_LINKS", "SEER_HOME", "UV_INDEX"])
      expect(names).not.toContain(name);
  }
  const all = await Promise.all(["env", "argv", "requirements"].map((name) => read(second, name)));
  expect(all.join("\n")).not.toMatch(/s3cret|pr0xy/);
});

describe.each(installers)("code of packages that %s installs runs where the sandbox does", (installer) => {
  let outside: string;

  beforeEach(async () => {
    useInstaller(installer);
    outside = await temporaryDirectory();
    const directory = join(await temporaryDirectory(), "reaching-1.0");
    await mkdir(directory);
    const backend = await readFile(join(import.meta.dirname, "fixtures", "reaching_backend.py"), "utf8");
    await writeFile(join(directory, "backend.py"), backend.replace("@OUTSIDE@", outside));
    await writeFile(
      join(directory, "pyproject.toml"),
      `[project]\nname = "reaching"\nversion = "1.0"\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n`,
    );
    await writeFile(join(directory, "PKG-INFO"), "Metadata-Version: 2.1\nName: reaching\nVersion: 1.0\n");
    await run("tar", [
      "-czf",
      join(wheels, "reaching-1.0.tar.gz"),
      "-C",
      join(directory, ".."),
      "reaching-1.0",
    ]);
  });

  async function startTwice(isolation: "auto" | "none"): Promise<{ reached: string; progress: string }> {
    const progress: string[] = [];
    const config = { executionMode: "cli" as const, pythonPackages: ["reaching"] };
    for (;;) {
      const options = { isolation, onProgress: (line: string) => progress.push(line) };
      await using sandbox = await new Sandbox(config, options).start();
      const reached = await sandbox.execPython("import reaching; print(reaching.reached)");
      if (progress.some((line) => line.includes("from the cache")))
        return { reached, progress: progress.join("\n") };
    }
  }

  test.skipIf(!isIsolated)("inside bubblewrap, also when it is built", async () => {
    const { reached } = await startTwice("auto");
    expect(reached).toBe("False\n");
    expect(await readdir(outside)).toEqual([]);
  });

  test("on this machine without isolation, which is said", async () => {
    const { reached, progress } = await startTwice("none");
    expect(reached).toBe("True\n");
    expect((await readdir(outside)).sort()).toEqual(["as-it-is-built", "as-python-starts"]);
    expect(progress).toContain("a package that is built from source runs its code as you");
  });

  test.skipIf(!isIsolated)("a search for interpreters starts none of it", async () => {
    const { environment } = await build(["reaching"]);
    await findPython({ python: join(environment.directory, "bin", "python") });
    expect(await readdir(outside)).toEqual([]);
    await run(join(environment.directory, "bin", "python"), ["-c", "pass"]);
    expect(await readdir(outside)).toEqual(["as-python-starts"]);
  });
});

describe.each(installers)("builds of other people's code by %s get no passwords", (installer) => {
  const secrets = ["s3cret-index", "s3cret-proxy", "s3cret-token"];
  let found: string;

  beforeEach(async () => {
    useInstaller(installer);
    found = join(await temporaryDirectory(), "found");
    vi.stubEnv("PIP_EXTRA_INDEX_URL", "http://me:s3cret-index@127.0.0.1:9/simple");
    vi.stubEnv("UV_EXTRA_INDEX_URL", "http://me:s3cret-index@127.0.0.1:9/simple");
    vi.stubEnv("HTTP_PROXY", "http://me:s3cret-proxy@127.0.0.1:9");
    for (const name of ["GITHUB_TOKEN", "UV_PUBLISH_TOKEN", "PIP_PASSWORD"]) vi.stubEnv(name, "s3cret-token");
  });

  /** A package that writes down, as it is built, all that it finds in its surroundings. */
  async function source(name: string): Promise<string> {
    const directory = join(await temporaryDirectory(), `${name}-1.0`);
    await mkdir(directory);
    const backend = await readFile(join(import.meta.dirname, "fixtures", "prying_backend.py"), "utf8");
    await writeFile(
      join(directory, "backend.py"),
      backend.replaceAll("FOUND", found).replaceAll("NAME", name),
    );
    await writeFile(
      join(directory, "pyproject.toml"),
      `[project]\nname = "${name}"\nversion = "1.0"\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n`,
    );
    return directory;
  }

  async function expectNoSecret(): Promise<void> {
    const text = await readFile(found, "utf8");
    expect(text).toContain("PATH=");
    for (const secret of secrets) expect(text).not.toContain(secret);
  }

  test("a source distribution", async () => {
    const directory = await source("pried");
    await writeFile(join(directory, "PKG-INFO"), "Metadata-Version: 2.1\nName: pried\nVersion: 1.0\n");
    await run("tar", ["-czf", join(wheels, "pried-1.0.tar.gz"), "-C", join(directory, ".."), "pried-1.0"]);
    const { environment } = await build(["pried", "seer-tiny==1.0"], { kind: "none" });
    expect(await importedVersion(environment.directory)).toBe("1.0");
    await expectNoSecret();
  });

  test.each([
    ["for editing", true],
    ["by a command", "pip install --no-build-isolation . && touch installed"],
  ])("a repository that is installed %s", async (_, install) => {
    const directory = await source("pried");
    const git = gitIn(directory);
    await run("git", ["init", "--quiet", "--initial-branch=main", directory]);
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "x");
    const options = { isolation: "none" } as const;
    const repos = [{ url: `file://${directory}`, install }];
    await using sandbox = await new Sandbox({ executionMode: "cli", repos }, options).start();
    expect(sandbox.repoHandles[0]?.installed).toBe(true);
    expect(await sandbox.execPython("import pried", { cwd: "/" })).toBe("");
    if (install !== true) expect(await sandbox.exec("ls pried-1.0")).toContain("installed");
    await expectNoSecret();
  });

  test("a command that fails is named", async () => {
    const directory = await source("pried");
    await run("git", ["init", "--quiet", "--initial-branch=main", directory]);
    const git = gitIn(directory);
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "x");
    const repos = [{ url: `file://${directory}`, install: "echo no; exit 3" }];
    const error = await errorOf(new Sandbox({ executionMode: "cli", repos }).start());
    expect(error.code).toBe("environment/repo-failed");
    expect(error.message).toMatch(/cannot be installed:\nno$/);
    expect(error.hint).toContain("`echo no; exit 3`");
  });
});

test("what was installed is said, with its size", async () => {
  const { progress } = await build(["seer-tiny==1.0"]);
  expect(progress.at(-1)).toMatch(/^ {2}The environment has 1 package, [\d.]+ kB$/);
});

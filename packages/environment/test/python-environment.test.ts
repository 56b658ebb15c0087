import { access, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findPython } from "@seer/rpc/launch";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Sandbox } from "../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";
import { useTinyPackage } from "./support/wheels.ts";

const home = useOwnHome();
const environments = join(home, "environments");

beforeAll(useTinyPackage);
afterAll(() => vi.unstubAllEnvs());

const tiny = { executionMode: "cli" as const, pythonPackages: ["seer-tiny==1.0"] };
const version = "import seer_tiny; print(seer_tiny.__version__)";

describe.each(isolations)("with isolation %s", (isolation) => {
  test("packages import, and their commands run with the sandbox's Python", async () => {
    await using sandbox = await new Sandbox(tiny, { isolation }).start();
    expect(await sandbox.execPython(version)).toBe("1.0\n");
    expect(await sandbox.exec("seer-tiny")).toBe(`seer_tiny ${await sandbox.exec("printf $VIRTUAL_ENV")}\n`);
  });

  test("what is installed in a sandbox stays in it", async ({ skip }) => {
    const links = process.env.PIP_FIND_LINKS ?? "";
    const wheel = "seer_tiny-2.0-py3-none-any.whl";
    await using changed = await new Sandbox(
      { ...tiny, localFiles: [[join(links, wheel), "/workspace/"]] },
      { isolation },
    ).start();
    if (!(await changed.run("pip --version")).stdout.startsWith("pip"))
      skip("this Python has no pip of its own");
    await changed.exec(`pip install --no-index ./${wheel}`);
    expect(await changed.execPython(version)).toBe("2.0\n");
    await using other = await new Sandbox(tiny, { isolation }).start();
    expect(await other.execPython(version)).toBe("1.0\n");
  });

  test("without packages there is no other than Python's own", async () => {
    await using sandbox = await new Sandbox({ executionMode: "cli" }, { isolation }).start();
    const code =
      "import sys, site; print(site.ENABLE_USER_SITE, [p for p in sys.path if 'site-packages' in p])";
    const printed = await sandbox.execPython(code);
    expect(printed).toMatch(/^False \['[^']*\/python\/lib[^']*', '[^']*\/environments?\/[^']*'\]\n$/);
    expect((await sandbox.run(["python", "-c", "import pytest"])).exitCode).toBe(1);
  });
});

test.runIf(isolations.includes("bubblewrap" as never))(
  "what was installed in the isolation is not used outside of it",
  async () => {
    const start = async (isolation: "bubblewrap" | "none") => {
      await using sandbox = await new Sandbox(tiny, { isolation }).start();
      return await sandbox.execPython("import seer_tiny; print(seer_tiny.__file__)");
    };
    await rm(environments, { recursive: true, force: true });
    await start("bubblewrap");
    for (const entry of await readdir(environments, { recursive: true, withFileTypes: true })) {
      if (
        entry.name === "seer_tiny.py" ||
        (entry.name === "__init__.py" && entry.parentPath.endsWith("seer_tiny"))
      )
        await writeFile(join(entry.parentPath, entry.name), "__file__ = 'planted'\n");
    }
    expect(await start("bubblewrap")).toBe("planted\n");
    expect(await start("none")).not.toContain("planted");
    await rm(environments, { recursive: true });
  },
);

test("a second start takes the environment from the cache", async () => {
  const progress: string[] = [];
  const options = { onProgress: (line: string) => progress.push(line) };
  await rm(environments, { recursive: true, force: true });
  await (await new Sandbox(tiny, options).start()).terminate();
  await (await new Sandbox(tiny, options).start()).terminate();
  const lines = progress.filter((line) => line.startsWith("Python "));
  expect(lines[0]).toMatch(/^Python 3\.\d+\.\d+ with seer-tiny==1\.0: building the environment$/);
  expect(lines[1]).toMatch(/: from the cache$/);
});

test("of several starts at once, one builds and the others wait", async () => {
  await rm(environments, { recursive: true, force: true });
  const progress: string[] = [];
  const options = { onProgress: (line: string) => progress.push(line) };
  const sandboxes = await Promise.all([1, 2, 3].map(() => new Sandbox(tiny, options).start()));
  const versions = await Promise.all(sandboxes.map((sandbox) => sandbox.execPython(version)));
  await Promise.all(sandboxes.map((sandbox) => sandbox.terminate()));
  expect(versions).toEqual(["1.0\n", "1.0\n", "1.0\n"]);
  expect(progress.filter((line) => line.endsWith("building the environment"))).toHaveLength(1);
});

describe("environments at another path", () => {
  const useCommand = async (at: string) => {
    vi.stubEnv("SEER_HOME", at);
    const progress: string[] = [];
    const onProgress = (line: string) => void progress.push(line);
    await using sandbox = await new Sandbox(tiny, { isolation: "none", onProgress }).start();
    expect(await sandbox.exec("seer-tiny")).toMatch(/^seer_tiny /);
    return progress.find((line) => line.startsWith("Python "))?.split(": ")[1];
  };
  afterAll(() => vi.stubEnv("SEER_HOME", home));

  test("are shared by homes that link to them, and outlive each home", async () => {
    const [first, second, shared] = await Promise.all([1, 2, 3].map(temporaryDirectory));
    for (const each of [first, second]) await symlink(`${shared}`, join(`${each}`, "environments"));
    expect(await useCommand(`${first}`)).toBe("building the environment");
    await rm(`${first}`, { recursive: true });
    expect(await useCommand(`${second}`)).toBe("from the cache");
  });

  test("are found when the whole home is reached by a link, also the first time", async () => {
    const folder = await temporaryDirectory();
    await mkdir(join(folder, "real"));
    await symlink(join(folder, "real"), join(folder, "link"));
    expect(await useCommand(join(folder, "link"))).toBe("building the environment");
    expect(await useCommand(join(folder, "real"))).toBe("from the cache");
  });

  test("are built again when the home was moved", async () => {
    const folder = await temporaryDirectory();
    await useCommand(join(folder, "before"));
    await rename(join(folder, "before"), join(folder, "after"));
    expect(await useCommand(join(folder, "after"))).toBe("building the environment");
  });
});

test("a build that was cut off is never taken for an environment", async () => {
  await using first = await new Sandbox(tiny).start();
  const [hash] = (await readdir(environments)).filter((name) => !name.endsWith(".lock"));
  const directory = join(environments, hash ?? "");
  await first.terminate();
  // As after a `kill -9` in the middle: some of it is there, the marker is not.
  await rm(join(directory, "seer-environment.json"));
  await rm(join(directory, "bin"), { recursive: true });
  await writeFile(join(directory, "left-over"), "");
  await using second = await new Sandbox(tiny).start();
  expect(await second.execPython(version)).toBe("1.0\n");
  await expect(access(join(directory, "left-over"))).rejects.toThrow();
});

test("a package that does not exist is named, with the installer's own words, and leaves nothing", async () => {
  await rm(environments, { recursive: true, force: true });
  const error = await errorOf(
    new Sandbox({ pythonPackages: ["seer-tiny", "no-such-package-at-all"] }).start(),
  );
  expect(error.code).toBe("environment/package-install-failed");
  expect(error.message).toMatch(/^no-such-package-at-all cannot be installed:\n/);
  expect(error.message.split("\n").length).toBeGreaterThan(1);
  expect((await readdir(environments)).filter((name) => !name.endsWith(".lock"))).toEqual([]);
  expect((await readdir(join(home, "sandboxes"))).filter((name) => name.startsWith("sb-"))).toEqual([]);
});

test("an aborted build ends its installer and leaves nothing", async () => {
  await rm(environments, { recursive: true, force: true });
  const controller = new AbortController();
  const reason = new Error("enough");
  const starting = new Sandbox(tiny, {
    onProgress: (line) => {
      if (line.endsWith("building the environment")) setTimeout(() => controller.abort(reason), 100);
    },
  }).start({ signal: controller.signal });
  await expect(starting).rejects.toBe(reason);
  expect((await readdir(environments)).filter((name) => !name.endsWith(".lock"))).toEqual([]);
});

test("a Python version that is not installed is named, with those that are", async () => {
  const error = await errorOf(new Sandbox({ executionMode: "cli", pythonVersion: "3.99" }).start());
  expect(error.code).toBe("environment/python-not-found");
  expect(error.message).toMatch(/^Python 3\.99 is not installed \(found 3\.\d+\.\d+/);
});

test("pythonVersion picks that version", async () => {
  const [major, minor] = (await findPython()).version;
  await using sandbox = await new Sandbox({
    executionMode: "cli",
    pythonVersion: `${major}.${minor}`,
  }).start();
  const printed = await sandbox.execPython("import sys; print('%d.%d' % sys.version_info[:2])");
  expect(printed).toBe(`${major}.${minor}\n`);
});

import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { Sandbox } from "../src/index.ts";
import { errorOf, temporaryDirectory, useOwnHome } from "./support/home.ts";

const home = useOwnHome();
let folder: string;

beforeAll(async () => {
  folder = await temporaryDirectory();
  await mkdir(join(folder, "dir"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  const left = (await readdir(join(home, "sandboxes")).catch(() => [])).filter((name) =>
    name.startsWith("sb-"),
  );
  expect(left, "what a start has left").toEqual([]);
});

test("a local file or directory that is not there, or is the other, is named", async () => {
  const file = join(folder, "nothing.txt");
  const missing = await errorOf(new Sandbox({ localFiles: [[file, "/workspace/x"]] }).start());
  expect(missing).toMatchObject({
    code: "environment/local-path-missing",
    message: `${file} in \`localFiles\` does not exist`,
  });
  const other = await errorOf(new Sandbox({ localFiles: [[join(folder, "dir"), "/workspace/x"]] }).start());
  expect(other.message).toContain("is a directory, not a file");
  expect(other.hint).toContain("`localDirs`");
  const directory = await errorOf(
    new Sandbox({ localDirs: [[join(folder, "gone"), "/workspace/x"]] }).start(),
  );
  expect(directory.message).toContain("`localDirs` does not exist");
});

test("a system package that is missing comes with the command that installs it", async () => {
  const error = await errorOf(
    new Sandbox({ executionMode: "cli", systemPackages: ["bash", "no-such-package-at-all"] }).start(),
  );
  expect(error).toMatchObject({
    code: "environment/system-packages-missing",
    hint: "Run `sudo apt-get install no-such-package-at-all`.",
  });
  await (await new Sandbox({ executionMode: "cli", systemPackages: ["bash"] }).start()).terminate();
});

test("a GPU that is not there is said, with what to do", async () => {
  // Nothing on this path is called nvidia-smi.
  vi.stubEnv("PATH", folder);
  const { chooseGpus } = await import("../src/backends/local/choose-gpus.ts");
  const error = await errorOf(chooseGpus({ kind: "gpu", gpu: "A100", count: 2 }, () => {}));
  expect(error.code).toBe("environment/gpu-unavailable");
  expect(error.message).toContain("2 GPUs A100");
  expect(error.hint).toContain("Remove `gpu`");
});

test("a wrong key is refused when the sandbox is made", () => {
  expect(() => new Sandbox({ pythonPackage: [] } as never)).toThrow(/pythonPackages/);
});

test("a home that cannot be used is named", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  vi.stubEnv("SEER_HOME", join(file, "home"));
  const error = await errorOf(new Sandbox({ executionMode: "cli" }).start());
  expect(error.code).toBe("environment/start-failed");
  expect(error.message).toContain(join(file, "home"));
  expect(error.hint).toContain("SEER_HOME");
});

test("an interpreter that cannot be used is named", async () => {
  vi.stubEnv("SEER_PYTHON", join(folder, "no-python"));
  const error = await errorOf(new Sandbox({ executionMode: "cli" }).start());
  expect(error.code).toBe("environment/python-not-found");
  expect(error.message).toContain(join(folder, "no-python"));
});

import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pack } from "./pack.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
interface Manifest {
  name: string;
  private?: boolean;
  exports?: Record<string, unknown>;
  bin?: Record<string, string>;
}

const read = (folder: string) =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
const folders = globSync("{packages,apps}/*", { cwd: root })
  .filter((folder) => !read(folder).private)
  .sort();
const manifests = new Map<string, Manifest>();
const tarballs = new Map<string, string>();
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "seer-tarballs-"));
  for (const folder of folders) {
    const manifest = read(folder);
    manifests.set(folder, manifest);
    tarballs.set(manifest.name, pack(join(root, folder), directory));
  }
}, 120_000);

afterAll(() => rm(directory, { recursive: true, force: true }));

describe.each(folders)("%s, installed alone into an empty project", (folder) => {
  it("imports", async () => {
    const manifest = manifests.get(folder);
    if (manifest === undefined) throw new Error(`no manifest in ${folder}`);
    const project = join(directory, folder.replace("/", "-"));
    await mkdir(project);
    // What it needs of the others comes from their tarballs, as from a registry; nothing else is there.
    const overrides = Object.fromEntries([...tarballs].map(([name, tarball]) => [name, `file:${tarball}`]));
    const dependencies = { [manifest.name]: overrides[manifest.name] };
    delete overrides[manifest.name];
    await writeFile(
      join(project, "package.json"),
      JSON.stringify({ private: true, type: "module", dependencies, overrides }),
    );
    await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], {
      cwd: project,
      timeout: 120_000,
    });

    const entries = Object.entries(manifest.exports ?? {}).filter(
      ([path, target]) => target !== null && !path.endsWith(".json"),
    );
    for (const [path] of entries) {
      const specifier = manifest.name + path.slice(1);
      const { stdout } = await run(
        "node",
        ["--input-type=module", "-e", `console.log(Object.keys(await import("${specifier}")).length)`],
        {
          cwd: project,
        },
      );
      expect(Number(stdout), specifier).toBeGreaterThan(0);
    }
    for (const command of Object.keys(manifest.bin ?? {})) {
      const { stdout } = await run(join(project, "node_modules/.bin", command), ["--help"], { cwd: project });
      expect(stdout).toContain("Usage");
    }
  });
});

import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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

const manifests = globSync("{packages,apps}/*/package.json", { cwd: root })
  .map(dirname)
  .sort()
  .map((folder) => ({ folder, manifest: readManifest(folder) }))
  .filter(({ manifest }) => !manifest.private);
/** What can be imported of all packages. */
const specifiers = manifests.flatMap(({ manifest }) => entriesOf(manifest));
const tarballs: Record<string, string> = {};
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "seer-tarballs-"));
  for (const { folder, manifest } of manifests) {
    tarballs[manifest.name] = `file:${pack(join(root, folder), directory)}`;
  }
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe.each(manifests)("$manifest.name, installed alone into an empty project", ({ manifest }) => {
  it("imports", async () => {
    const project = await createProject(manifest.name, { [manifest.name]: tarballs[manifest.name] });
    for (const specifier of entriesOf(manifest)) {
      const { stdout } = await evaluate(
        process.execPath,
        project,
        `Object.keys(await import("${specifier}")).length`,
      );
      expect(Number(stdout), specifier).toBeGreaterThan(0);
    }
    for (const command of Object.keys(manifest.bin ?? {})) {
      const { stdout } = await run(join(project, "node_modules/.bin", command), ["--help"], { cwd: project });
      expect(stdout).toContain("Usage");
    }
  });
});

describe("all packages in one project", () => {
  let project: string;
  let oldNode: string;

  beforeAll(async () => {
    const platform = `node-${process.platform}-${process.arch}`;
    project = await createProject("all", {
      ...tarballs,
      "@types/node": "^22.18.0",
      typescript: "^6.0.0",
      // The oldest that can link what the packages import, so that it gets as far as the check of its version.
      "old-node": `npm:${platform}@18.20.8`,
    });
    oldNode = join(project, "node_modules/old-node/bin/node");
  });

  it("compile for a user who checks the types of libraries too", async () => {
    const names = specifiers.map((specifier, index) => `import * as p${index} from "${specifier}";`);
    const used = `console.log(${specifiers.map((_, index) => `p${index}`).join(", ")});`;
    await writeFile(
      join(project, "types.ts"),
      `${names.join("\n")}\nimport { ScopedSandbox } from "@seer/environment";\n${used}
export const id: string | undefined = new ScopedSandbox().modalSandbox?.sandboxId;\n`,
    );
    const compilerOptions = {
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      module: "nodenext",
      target: "es2024",
      types: ["node"],
    };
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["types.ts"] }));
    const { stdout } = await run("node_modules/.bin/tsc", { cwd: project }).catch((error) => error);
    expect(stdout).toBe("");
  });

  it("runs the program of the README beside the files that it names", async () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const [, program = ""] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? [];
    const example = join(root, "examples/scoped-sandbox-intro");
    for (const name of ["interface.py", "transformer.py", "helpers.py", "turns.json", "model"]) {
      await cp(join(example, name), join(project, name), { recursive: true });
    }
    await writeFile(join(project, "program.ts"), program);
    const { stdout } = await run(process.execPath, ["program.ts"], {
      cwd: project,
      env: { ...process.env, SEER_HOME: join(directory, "home") },
    });
    expect(stdout).toMatch(/the head that does it is layer 1,\s+head 3/);
  });

  it.each(specifiers)("an old Node is refused in one sentence by %s", async (specifier) => {
    const { stdout } = await evaluate(
      oldNode,
      project,
      `await import("${specifier}").then(() => "imported", (error) => error.message)`,
    );
    expect(stdout).toMatch(/^Seer needs Node 22\.18 or newer, and this is Node 18\.20\.8 \(.*old-node.*\n$/);
  });

  it.each(["serve x.py", "--version", "call a b"])("an old Node is refused by seer %s", async (args) => {
    const command = join(project, "node_modules/@seer/cli/bin/seer.js");
    expect(
      await run(oldNode, [command, ...args.split(" ")], { cwd: project }).catch((error) => error),
    ).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^error: Seer needs Node 22\.18 or newer, .*\n$/),
    });
  });
});

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
}

function entriesOf({ name, exports = {} }: Manifest): string[] {
  return Object.entries(exports)
    .filter(([path, target]) => target !== null && !path.endsWith(".json"))
    .map(([path]) => name + path.slice(1))
    .filter((specifier) => !specifier.endsWith("/check-node-version"));
}

/** A project with these dependencies, in which whatever they need of each other comes from the tarballs, as from a registry. */
async function createProject(
  name: string,
  dependencies: Record<string, string | undefined>,
): Promise<string> {
  const project = join(directory, name.replace("/", "-"));
  const overrides = Object.fromEntries(Object.entries(tarballs).filter(([name]) => !(name in dependencies)));
  await mkdir(project);
  await writeFile(
    join(project, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies, overrides }),
  );
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: project });
  return project;
}

function evaluate(node: string, cwd: string, expression: string): Promise<{ stdout: string }> {
  return run(node, ["--input-type=module", "-e", `console.log(${expression})`], { cwd });
}

import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "@seer/config";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { type CompileTarget, compileSource, findPython } from "../../src/launch/index.ts";

let directory: string;
let python: CompileTarget;

beforeEach(async () => {
  const { executable, version } = await findPython();
  python = { executable, version: version.join(".") };
  directory = await mkdtemp(join(tmpdir(), "seer-source-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "module.py"), "value = 1\n");
});

/** Whether Python takes what was compiled, instead of reading the source. */
async function isCompiled(): Promise<boolean> {
  const code = `import sys; sys.path.insert(0, ${JSON.stringify(directory)}); import module`;
  const { stderr } = await runProgram(python.executable, ["-ISBv", "-c", code], { timeoutMs: 60_000 });
  return /code object from '[^']*module\.[^']*\.pyc'/.test(stderr);
}

test("compiles modules where Python finds them", async () => {
  expect(await isCompiled()).toBe(false);
  await compileSource(directory, python);
  expect(await isCompiled()).toBe(true);
});

test("compiles once, and again in a program that starts after a module has changed", async () => {
  await compileSource(directory, python);
  await writeFile(join(directory, "module.py"), "value = 'changed'\n");
  const later = new Date(Date.now() + 60_000);
  await utimes(join(directory, "module.py"), later, later);
  await compileSource(directory, python);
  expect(await isCompiled()).toBe(false);

  const program = `
    import { compileSource } from "@seer/rpc/launch";
    await compileSource(${JSON.stringify(directory)}, ${JSON.stringify(python)});
  `;
  const node = ["--input-type=module", "--eval", program];
  await runProgram(process.execPath, node, { cwd: import.meta.dirname, timeoutMs: 60_000 });
  expect(await isCompiled()).toBe(true);
});

test("leaves a directory alone where Python cannot compile it", async () => {
  await compileSource(directory, { ...python, executable: join(directory, "no-python") });
  await compileSource(join(directory, "missing"), python);
  expect(await isCompiled()).toBe(false);
});

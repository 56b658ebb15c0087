import { join } from "node:path";
import { Skill } from "@seer/workspace";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toSkill } from "../../src/skill/index.ts";
import { python, type Ran, run } from "../run.ts";
import { type Scratch, scratch } from "../scratch.ts";
import { type Served, serve } from "../served.ts";

let served: Served;
let directory: Scratch;

beforeAll(async () => {
  served = await serve();
  const skill = toSkill({ ...served.served, name: "Model_Tools" });
  const files = Object.entries(skill.files).map(([path, content]) => [`${skill.name}/${path}`, content]);
  directory = await scratch(Object.fromEntries(files));
});

afterAll(async () => {
  await directory?.[Symbol.asyncDispose]();
  await served?.[Symbol.asyncDispose]();
});

function call(args: string[], input?: string): Promise<Ran> {
  const cwd = join(directory.path, "model-tools");
  return run(python, ["-W", "error", "scripts/call.py", ...args], {
    cwd,
    ...(input === undefined ? {} : { input }),
  });
}

test("it is a skill that an agent finds", async () => {
  const skill = await Skill.fromDirectory(join(directory.path, "model-tools"));
  expect(skill.name).toBe("model-tools");
  expect(skill.description).toMatch(
    /^Signatures as research code has them.* Use when a task needs .*get_embedding/,
  );
  expect(skill.instructions).toContain(`python3 scripts/call.py get_embedding '{"text":"hello"}'`);
  expect(skill.instructions).not.toContain(served.served.token);
  const reference = String(skill.files["references/functions.md"]);
  expect(reference).toContain("def get_embedding(text: str, layer: int = -1, *, normalize: bool = False)");
});

test("its script calls a function, and keeps what is printed apart", async () => {
  const { status, stdout } = await call(["get_embedding", '{"text": "hi"}']);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ text: "hi", layer: -1, embedding: [0.5, -0.25], normalized: false });
  expect((await call(["choose"])).stdout).toBe('"fast MEAN None"\n');
  expect((await call(["positional", "-"], '{"a": 1, "rest": [2], "color": "red"}')).stdout).toContain(
    '"rest": [2]',
  );
});

test("an error is on standard error, with the remote traceback", async () => {
  const { status, stdout, stderr } = await call(["fail", '{"kind": "value"}']);
  expect(status).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^Traceback/);
  expect(stderr).toContain('raise ValueError("layer 40 of 26")\nValueError: layer 40 of 26\n');
  const wrong = await call(["get_embedding", '{"text": 3}']);
  const problem = "invalid-arguments: get_embedding: text: expected a string, got 3\n";
  expect(wrong).toMatchObject({ status: 1, stderr: problem });
  expect(await call(["get_embedding", "{"])).toMatchObject({ status: 2 });
});

test("arrays are shown by their beginning, or written to files", async () => {
  const shown = JSON.parse((await call(["activations", '{"tokens": [[1, 2]]}'])).stdout);
  expect(shown).toEqual({ dtype: "float32", shape: [1, 2], values: [[2, 4]] });
  const { stdout } = await call(["layers", '{"count": 1}', "--save", "arrays"]);
  const saved = JSON.parse(stdout).layer_0.saved as string;
  const read = `import numpy; print(numpy.load(${JSON.stringify(saved)}).sum())`;
  const cwd = join(directory.path, "model-tools");
  expect((await run(python, ["-c", read], { cwd })).stdout).toBe("4950.0\n");
});

test("references can be passed on", async () => {
  const { stdout } = await call(["cached", '{"size": 6}']);
  expect((await call(["total", `{"kept": ${stdout}}`])).stdout).toBe("6.0\n");
});

test("names and descriptions keep to the specification, whatever the interface says", () => {
  const description = {
    ...structuredClone(served.served.description),
    doc: `<b>Bold</b>: ${"long ".repeat(400)}`,
  };
  const skill = toSkill({ ...served.served, name: `__${"very_".repeat(30)}`, description });
  expect(skill.name.length).toBeLessThanOrEqual(64);
  expect(skill.description.length).toBeLessThanOrEqual(1024);
  expect(skill.description).not.toMatch(/[<>]/);
  expect(toSkill({ ...served.served, name: "größe" }).name).toBe("gr-e");
  expect(toSkill({ ...served.served, name: "ü" }).name).toBe("tools");
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Skill } from "@seer/workspace";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { render } from "../../src/render/index.ts";
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
  const { file } = JSON.parse(stdout).layer_0;
  expect(file).toBe("arrays/layers.layer_0.npy");
  const read = `import numpy; print(numpy.load(${JSON.stringify(file)}).sum())`;
  const cwd = join(directory.path, "model-tools");
  expect((await run(python, ["-c", read], { cwd })).stdout).toBe("4950.0\n");
});

describe("results are JSON as in the other modes", () => {
  const stack = new AsyncDisposableStack();
  let rendered: Served;
  let cwd: string;

  beforeAll(async () => {
    rendered = stack.use(await serve("fixtures/rendered.py", "rendered"));
    cwd = stack.use(await scratch(toSkill(rendered.served).files)).path;
  });

  afterAll(() => stack.disposeAsync());

  const script = (...args: string[]) =>
    run(python, ["scripts/call.py", ...args], { cwd, env: { LC_ALL: "C", PYTHONUTF8: "0" } });

  test.each([
    "not_finite",
    "not_finite_in_arrays",
    "complexes",
    "complex_arrays",
    "keys",
    "short_bytes",
    "texts",
  ])("%s", async (name) => {
    const { stdout, stderr } = await script(name);
    expect(stderr).toBe("");
    // The statistics of arrays are left out.
    const other = render(await rendered.client.call(name), { arrays: "preview" });
    expect({ value: other }).toMatchObject({ value: JSON.parse(stdout) });
  });

  test("with all digits of integers", async () => {
    expect((await script("long_integer")).stdout).toBe(`${2n ** 70n}\n`);
  });

  test("with long arrays by their beginning", async () => {
    const first = ["NaN", 1, 2, 3, 4, 5, 6, 7];
    const hint = expect.stringContaining("--save");
    expect(JSON.parse((await script("long_array")).stdout)).toMatchObject({ shape: [20, 20], first, hint });
  });

  test("with long bytes by their beginning, or in files", async () => {
    const { weights } = JSON.parse((await script("long_bytes")).stdout);
    expect(weights).toMatchObject({ length: 1000, base64: "A".repeat(128) });
    const saved = JSON.parse((await script("long_bytes", "--save", "out")).stdout).weights;
    expect(saved).toEqual({ length: 1000, file: "out/long_bytes.weights.bin" });
    expect(await readFile(join(cwd, saved.file))).toEqual(Buffer.alloc(1000));
  });
});

describe("pictures are files", () => {
  const stack = new AsyncDisposableStack();
  let cwd: string;

  beforeAll(async () => {
    const pictures = stack.use(await serve("fixtures/pictures.py", "pictures"));
    cwd = stack.use(await scratch(toSkill(pictures.served).files)).path;
  });

  afterAll(() => stack.disposeAsync());

  async function written(...args: string[]): Promise<unknown> {
    const { stdout, stderr } = await run(python, ["scripts/call.py", ...args], { cwd });
    expect(stderr).toBe("");
    return JSON.parse(stdout);
  }

  test.each<[string, string[], string, unknown]>([
    ["a PIL image", ["image"], "image.png", { width: 3, height: 2 }],
    ["a matplotlib figure", ["figure"], "figure.png", { format: "png" }],
    ["the bytes of a JPEG file", ["file", '{"format": "JPEG"}'], "file.jpeg", { format: "jpeg" }],
  ])("%s", async (_, args, file, metadata) => {
    expect(await written(...args)).toEqual({ mediaType: `image/${file.split(".")[1]}`, file });
    expect(await sharp(await readFile(join(cwd, file))).metadata()).toMatchObject(metadata as object);
  });

  test("anywhere in a result, and in another directory", async () => {
    expect(await written("nested", "--save", "plots")).toEqual({
      plots: [
        { mediaType: "image/png", file: "plots/nested.plots.0.png" },
        { last: { mediaType: "image/jpeg", file: "plots/nested.plots.1.last.jpeg" } },
      ],
      1: "text",
    });
  });

  test("that never replace others", async () => {
    const first = await written("steps", "--save", "steps");
    const second = await written("steps", "--save", "steps");
    const files = (found: unknown) => (found as { file: string }[]).map(({ file }) => file);
    expect(files(first)).toEqual(["steps/steps.0.png", "steps/steps.1.png"]);
    expect(files(second)).toEqual(["steps/steps.0-2.png", "steps/steps.1-2.png"]);
  });
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

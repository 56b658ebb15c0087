import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toLibrary } from "../../src/library/index.ts";
import { bin, python, run } from "../run.ts";
import { type Scratch, scratch } from "../scratch.ts";
import { type Served, serve } from "../served.ts";

const caller = await readFile(new URL("../fixtures/library_caller.py", import.meta.url), "utf8");

let served: Served;
let directory: Scratch;

beforeAll(async () => {
  await using types = await serve("fixtures/types.py", "types_tools");
  served = await serve();
  const library = toLibrary(served.served);
  const settings = { include: ["."], typeCheckingMode: "strict", pythonVersion: "3.10" };
  directory = await scratch({
    ...library.importableFiles,
    ...toLibrary(types.served).importableFiles,
    "caller.py": caller,
    "pyrightconfig.json": JSON.stringify(settings),
  });
});

afterAll(async () => {
  await directory?.[Symbol.asyncDispose]();
  await served?.[Symbol.asyncDispose]();
});

test("packages are strictly typed, and so is what calls them", async () => {
  const { status, stdout } = await run(bin("pyright"), ["-p", directory.path]);
  expect(stdout).toContain("0 errors, 0 warnings");
  expect(status).toBe(0);
});

test("its functions are called as if they were defined there", async () => {
  const { status, stderr } = await run(python, ["-W", "error", "caller.py"], { cwd: directory.path });
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

test("it needs nothing but Python", async () => {
  const code = "import tools; a = tools.activations([[1, 2]]); print(type(a).__name__, a.tolist())";
  // Without site-packages there is no numpy.
  const { stdout, stderr } = await run(
    python,
    ["-I", "-S", "-c", `import sys; sys.path.insert(0, '.'); ${code}`],
    {
      cwd: directory.path,
    },
  );
  expect(stderr).toBe("");
  expect(stdout).toBe("Array [[2.0, 4.0]]\n");
});

test("only exposed functions can be called", () => {
  const { files } = toLibrary(served.served);
  expect(files["__init__.py"]).toContain("def get_embedding(");
  expect(files["__init__.py"]).not.toContain("_private");
});

test("its files are those of a typed package", () => {
  const { files } = toLibrary(served.served);
  const { url, token } = served.served;
  expect(JSON.parse(String(files["_endpoint.json"]))).toEqual({ url, token });
  expect(Object.keys(files)).toEqual(
    expect.arrayContaining(["__init__.py", "_endpoint.json", "_client/__init__.py", "py.typed"]),
  );
  expect(String(files["__init__.py"])).not.toContain(token);
});

test("its docs show the functions, and no token", () => {
  const { docs } = toLibrary(served.served);
  expect(docs).toContain("def get_embedding(text: str, layer: int = -1, *, normalize: bool = False)");
  expect(docs).toContain("normalize: Whether to scale it to length 1.");
  expect(docs).toContain("Raises:\n        IndexError: If there is no such layer.");
  expect(docs).toContain("label: str  # may be left out");
  expect(docs).toContain("An `NDArray` is a numpy array");
  expect(docs).not.toContain(served.served.token);
});

test("a name that Python cannot import is refused", () => {
  expect(() => toLibrary({ ...served.served, name: "my-tools" })).toThrow(/my-tools/);
});

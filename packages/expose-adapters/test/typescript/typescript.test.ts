import { readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toTypeScript } from "../../src/typescript/index.ts";
import { bin, run } from "../run.ts";
import { type Scratch, scratch } from "../scratch.ts";
import { type Served, serve } from "../served.ts";

// Not a .ts file, since what it imports is generated.
const caller = await readFile(new URL("../fixtures/typescript-caller.txt", import.meta.url), "utf8");

let served: Served;
let source: string;
let directory: Scratch;

beforeAll(async () => {
  await using types = await serve("fixtures/types.py", "types_tools");
  served = await serve();
  const files = await toTypeScript(served.served);
  source = files["tools.ts"] ?? "";
  directory = await scratch({
    ...files,
    ...(await toTypeScript(types.served)),
    "caller.ts": caller,
    "package.json": '{ "type": "module" }',
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        target: "ES2023",
        lib: ["ES2023", "ESNext.Disposable"],
        module: "NodeNext",
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noPropertyAccessFromIndexSignature: true,
        noImplicitReturns: true,
        noUnusedLocals: true,
        noUnusedParameters: true,
        erasableSyntaxOnly: true,
        verbatimModuleSyntax: true,
        isolatedModules: true,
        allowImportingTsExtensions: true,
        noEmit: true,
        types: ["node"],
        typeRoots: [fileURLToPath(new URL("../../../../node_modules/@types", import.meta.url))],
      },
      include: ["*.ts"],
    }),
  });
  const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
  await symlink(modules, join(directory.path, "node_modules"));
});

afterAll(async () => {
  await directory?.[Symbol.asyncDispose]();
  await served?.[Symbol.asyncDispose]();
});

test("modules are strictly typed, and so is what calls them", async () => {
  const { status, stdout } = await run(bin("tsc"), ["-p", directory.path]);
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

test("its functions call, stream and raise", async () => {
  const { status, stdout, stderr } = await run(process.execPath, ["caller.ts"], { cwd: directory.path });
  expect(stderr).toBe("");
  expect(stdout).toBe("done\n");
  expect(status).toBe(0);
});

test("what the file says is said, and no comment ends early", () => {
  expect(source).toMatch(/^\/\*\*\n \* Signatures as research code has them/);
  expect(source).toContain("   * Layer to read, from the end when negative.\n   * Default: `-1`");
  expect(source).toContain("@returns The text and its embedding.");
});

test("text from the interface stays text", async () => {
  const description = structuredClone(served.served.description);
  const [first] = description.functions;
  if (first === undefined) throw new Error("the fixture has no function");
  first.description = "Ends */ process.exit(1); /* here \\u002a/";
  const files = await toTypeScript({ ...served.served, description, token: '"; process.exit(1); "' });
  const copy = await scratch({ "tools.ts": files["tools.ts"] ?? "" });
  await using _ = copy;
  const { stdout } = await run(bin("tsc"), [
    "--noResolve",
    "--noEmit",
    "--ignoreConfig",
    join(copy.path, "tools.ts"),
  ]);
  expect(stdout).not.toMatch(/error TS1\d\d\d:/);
});

import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { RpcClient, type ServedInterface } from "@seer/rpc";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ScopedSandbox } from "../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";

useOwnHome();

const version = (number: number, more = "") => `
import os
import time
${more}

@expose
def version() -> int:
    return ${number}


@expose
def held(path: str) -> int:
    while not os.path.exists(path):
        time.sleep(0.01)
    return ${number}
`;

const using = (helper: string) => `
import ${helper}


@expose
def version() -> int:
    return ${helper}.number
`;

describe.each(isolations)("an edited file, with isolation %s", (isolation) => {
  let scoped: ScopedSandbox;
  let folder: string;
  let count = 0;
  let name: string;
  const progress: string[] = [];

  beforeAll(async () => {
    const options = { isolation, onProgress: (line: string) => progress.push(line) };
    scoped = await new ScopedSandbox({}, options).start();
  });
  afterAll(() => scoped.terminate());
  beforeEach(async () => {
    folder = await temporaryDirectory();
    name = `served_${++count}`;
  });

  const write = async (path: string, code: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), code);
    return join(folder, path);
  };
  const serve = async (file: string, options: { reload?: boolean; signal?: AbortSignal } = {}) => {
    await scoped.serve(file, { exposeAs: "prompt", name, ...options });
    return served();
  };
  const served = () => scoped.served.find((one) => one.name === name) as ServedInterface;
  const content = async (path: string) => Buffer.from(await scoped.readFile(path)).toString();
  const call = async (fn: string, ...args: unknown[]) => {
    await using client = await RpcClient.connect(served());
    return await client.call(fn, args);
  };

  test("is loaded again under its address and token", async () => {
    const file = await write(`${name}.py`, version(1));
    const before = await serve(file);
    expect(await call("version")).toBe(1);
    await write(`${name}.py`, `${version(2)}\n\n@expose\ndef added() -> str:\n    return "new"\n`);
    const prompt = await scoped.serve(file, { exposeAs: "prompt", name });
    expect(prompt).toContain("added");
    expect(served()).toMatchObject({ url: before.url, token: before.token });
    expect(served().description.functions.map((fn) => fn.name)).toEqual(["version", "held", "added"]);
    expect([await call("version"), await call("added")]).toEqual([2, "new"]);
    expect(progress.at(-1)).toBe(`Serving ${name}, revision 2: version, held, added`);
    // Another form of what was not edited shares it.
    await scoped.serve(file, { exposeAs: "skill", name });
    expect(served().description.revision).toBe(2);
    await serve(file, { reload: true });
    expect(served().description.revision).toBe(3);
  });

  test("is loaded again by another process that has taken the sandbox up", async () => {
    const file = await write(`${name}.py`, version(1));
    const { url } = await serve(file);
    await using other = await ScopedSandbox.fromId(scoped.sandboxId);
    await write(`${name}.py`, version(2));
    await other.serve(file, { exposeAs: "prompt", name });
    expect(other.served.find((one) => one.name === name)?.url).toBe(url);
    expect(await call("version")).toBe(2);
  });

  test.each([
    ["a syntax error", "def broken(:\n", /SyntaxError|line 1/],
    ["an error while it loads", "value = {}['key']\n", /KeyError: 'key'/],
    ["no exposed function", "x = 1\n", /expose/],
    ["an import that is not there", "import no_such_module\n", /no_such_module/],
    ["an exit", "import os\nos._exit(3)\n", /3/],
  ])("with %s leaves the version before in place", async (_, code, expected) => {
    const file = await write(`${name}.py`, version(1));
    await serve(file);
    await write(`${name}.py`, code);
    const error = await errorOf(serve(file));
    expect(error.code).toBe("environment/interface-failed");
    expect(error.message).toMatch(
      new RegExp(`^${name}\\.py failed to load; the previous version is still served:\n`),
    );
    expect(error.message).toMatch(expected);
    expect(await call("version")).toBe(1);
    expect(await content(`/workspace/${name}.py`)).toBe(version(1));
    // A later edit is loaded.
    await write(`${name}.py`, version(3));
    await serve(file);
    expect(await call("version")).toBe(3);
  });

  test("that is gone is named, and the version before goes on serving", async () => {
    const file = await write(`${name}.py`, version(1));
    await serve(file);
    await rm(file);
    expect(await errorOf(serve(file))).toMatchObject({ code: "environment/interface-missing" });
    expect(await call("version")).toBe(1);
  });

  describe("with helper modules", () => {
    let helper: string;
    beforeEach(() => {
      helper = `helper_${count}`;
    });

    test("is loaded again when one was edited, however fast and alike", async () => {
      const file = await write(`${name}.py`, using(helper));
      for (const number of [1, 2, 3]) {
        await write(`${helper}.py`, `number = ${number}\n`);
        await serve(file);
        expect(await call("version")).toBe(number);
      }
      expect(served().description.revision).toBe(3);
    });

    test("can be divided differently", async () => {
      const file = await write(`${name}.py`, using(helper));
      await write(`${helper}.py`, "number = 1\n");
      await serve(file);
      await write(`${helper}.py`, "from parts.one import number\n");
      await write("parts/one.py", "number = 2\n");
      await serve(file);
      expect(await call("version")).toBe(2);
      await write(`${name}.py`, version(3));
      await serve(file);
      expect(await call("version")).toBe(3);
      expect(await scoped.exec(`ls ${helper}.py parts/one.py 2>/dev/null || true`)).toBe("");
    });

    test("that do not load leaves those of the version before", async () => {
      const file = await write(`${name}.py`, using(helper));
      await write(`${helper}.py`, "number = 1\n");
      await serve(file);
      await write(`${helper}.py`, "from added import number\nraise RuntimeError('not yet')\n");
      await write("added.py", "number = 2\n");
      expect((await errorOf(serve(file))).message).toContain("not yet");
      expect(await content(`/workspace/${helper}.py`)).toBe("number = 1\n");
      expect(await scoped.exec("ls added.py 2>/dev/null || true")).toBe("");
      expect(await call("version")).toBe(1);
      // Gone from this machine, it is gone there as well.
      await rm(join(folder, `${helper}.py`));
      expect((await errorOf(serve(file))).message).toContain(`No module named '${helper}'`);
      expect(await call("version")).toBe(1);
    });

    test("of another folder does not overwrite them", async () => {
      await write(`${helper}.py`, "number = 1\n");
      const first = await write(`${name}.py`, using(helper));
      await serve(first);
      const second = await write(`b/${name}_b.py`, version(1));
      await scoped.serve(second, { exposeAs: "prompt", name: `${name}_b` });
      await write(`b/${helper}.py`, "number = 2\n");
      await write(`b/${name}_b.py`, using(helper));
      const error = await errorOf(scoped.serve(second, { exposeAs: "prompt", name: `${name}_b` }));
      expect(error).toMatchObject({ code: "environment/name-taken" });
      expect(error.message).toContain(first);
      await serve(first, { reload: true });
      expect(await call("version")).toBe(1);
    });
  });

  test("a function that is gone is refused by name", async () => {
    const file = await write(`${name}.py`, `${version(1)}\n\n@expose\ndef old() -> int:\n    return 1\n`);
    await serve(file);
    await write(`${name}.py`, version(2));
    await serve(file);
    expect(await errorOf(call("old"))).toMatchObject({ code: "rpc/unknown-function" });
  });

  test("calls in flight finish in the version before", async () => {
    const file = await write(`${name}.py`, version(1));
    await serve(file);
    const gate = `/workspace/${name}.gate`;
    const where = (await scoped.exec("pwd -P")).trim();
    const running = call("held", `${where}/${name}.gate`);
    await using client = await RpcClient.connect(served());
    await expect.poll(async () => (await client.health()).running, { timeout: 60_000 }).toBe(1);
    await write(`${name}.py`, version(2));
    await serve(file);
    expect(await call("version")).toBe(2);
    await scoped.writeFile(gate, "");
    expect(await running).toBe(1);
  });

  test("a load that takes too long is aborted, and leaves the version before", async () => {
    const file = await write(`${name}.py`, version(1));
    await serve(file);
    const abort = new AbortController();
    await write(`${name}.py`, version(2, `open("${name}.loading", "w")\ntime.sleep(600)`));
    const serving = serve(file, { signal: abort.signal });
    const isLoading = async () => await scoped.exec(`ls ${name}.loading 2>/dev/null || true`);
    await expect.poll(isLoading, { timeout: 60_000 }).not.toBe("");
    abort.abort(new Error("enough"));
    await expect(serving).rejects.toThrow("enough");
    expect(await call("version")).toBe(1);
    expect(await content(`/workspace/${name}.py`)).toBe(version(1));
    await write(`${name}.py`, version(3));
    await serve(file);
    expect(await call("version")).toBe(3);
  });
});

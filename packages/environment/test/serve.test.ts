import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RpcClient } from "@seer/rpc";
import { Library, Workspace } from "@seer/workspace";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { ScopedSandbox } from "../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";

useOwnHome();
const fixture = join(import.meta.dirname, "fixtures", "interface", "interface.py");
const secret = "sk-DoNotShowThisToAnybody";
beforeAll(() => vi.stubEnv("SEER_TEST_TOKEN", secret));
afterAll(() => vi.unstubAllEnvs());

describe.each(isolations)("with isolation %s", (isolation) => {
  let scoped: ScopedSandbox;
  let progress: string[];

  beforeAll(async () => {
    progress = [];
    const options = { isolation, onProgress: (line: string) => progress.push(line) };
    scoped = await new ScopedSandbox({ secrets: ["SEER_TEST_TOKEN"] }, options).start({
      name: `scoped-${isolation}`,
    });
    await scoped.serve(fixture, { exposeAs: "library", name: "model_tools" });
  });
  afterAll(() => scoped.terminate());

  const connect = async () => {
    const [served] = scoped.served;
    if (served === undefined) throw new Error("nothing is served");
    return await RpcClient.connect({ url: served.url, token: served.token });
  };

  test("functions can be called, and files next to the interface can be imported", async () => {
    await using client = await connect();
    expect(await client.call("predict", { text: "zero", times: 2 })).toEqual({
      text: "zero one two",
      calls: 1,
    });
    expect(await client.call("predict", { text: "zero" })).toEqual({ text: "zero one", calls: 2 });
    expect(
      (await scoped.exec("ls /workspace ./training 2>/dev/null || ls . training")).split("\n"),
    ).not.toContain("unused.py");
    expect(scoped.served[0]?.description.functions.map((fn) => fn.name)).toEqual([
      "predict",
      "where",
      "fail",
      "leak",
    ]);
  });

  test("it runs in the workspace", async () => {
    await using client = await connect();
    const { file, cwd, models } = (await client.call("where")) as Record<string, unknown>;
    expect([file, cwd]).toEqual([`${cwd}/interface.py`, (await scoped.exec("pwd -P")).trim()]);
    expect(models).toEqual([]);
  });

  test("a secret does not leak through errors and logs", async () => {
    await using client = await connect();
    const error = await errorOf(client.call("leak"));
    expect(error.message).toContain("no access with");
    expect(`${error.message}${error.stack}`).not.toContain(secret);
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    const logs = await scoped.showRpcLogs({ lines: 20 });
    expect(printed).toHaveBeenCalledWith(logs);
    printed.mockRestore();
    expect(logs).toContain("token ");
    expect(logs).not.toContain(secret);
  });

  test("another process attaches to it with its interfaces", async () => {
    await using again = await ScopedSandbox.fromId(`scoped-${isolation}`);
    expect(again.served.map(({ name, url }) => ({ name, url }))).toEqual([
      { name: "model_tools", url: scoped.served[0]?.url },
    ]);
    expect((await ScopedSandbox.list()).find(({ id }) => id === scoped.sandboxId)?.interfaces).toEqual([
      "model_tools",
    ]);
  });

  test("each value of `exposeAs` returns its type", async () => {
    const mcp = await scoped.serve(fixture, { exposeAs: "mcp", name: "as_mcp" });
    expect(Object.keys(mcp)).toEqual(["as_mcp"]);
    const prompt: string = await scoped.serve(fixture, { exposeAs: "prompt", name: "as_prompt" });
    expect(prompt).toContain("predict");
    const skill = await scoped.serve(fixture, { exposeAs: "skill", name: "as_skill" });
    expect(Object.keys(skill.files)).toContain("SKILL.md");
    expect(scoped.served.map(({ name }) => name)).toEqual(["model_tools", "as_mcp", "as_prompt", "as_skill"]);
    const states = await Promise.all(
      scoped.served.map(async ({ url, token }) => {
        await using client = await RpcClient.connect({ url, token });
        return await client.call("predict", { text: "a", times: 0 });
      }),
    );
    // Each has a state of its own.
    expect(states.map((state) => (state as { calls: number }).calls).slice(1)).toEqual([1, 1, 1]);
  });

  test("forms of one interface share its state", async () => {
    const before = scoped.served.length;
    const library = await scoped.serve(fixture, { exposeAs: "library", name: "as_mcp" });
    expect(library.name).toBe("as_mcp");
    expect(scoped.served).toHaveLength(before);
  });

  test("loading reports progress", async () => {
    expect(progress.join("\n")).toContain(`Serving ${fixture} as model_tools`);
    expect(progress.at(-1)).toMatch(/^Serving .*: predict, where, fail, leak$/);
  });
});

describe("interface files", () => {
  let scoped: ScopedSandbox;
  let folder: string;
  let onProgress: (line: string) => void = () => {};

  beforeAll(async () => {
    const options = { onProgress: (line: string) => onProgress(line) };
    scoped = await new ScopedSandbox({}, options).start({
      workspace: new Workspace({
        libraries: [Library.fromCode("def double(x): return 2 * x", { name: "helpers" })],
      }),
    });
    folder = await temporaryDirectory();
  });
  afterAll(() => scoped.terminate());
  afterEach(async () => {
    const hosts = await scoped.exec("pgrep -fc '[s]eer_host' || true");
    expect(Number(hosts) - 2 * scoped.served.length, "hosts left running").toBeLessThanOrEqual(0);
  });

  const write = async (name: string, code: string) => {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), code);
    return join(folder, name);
  };

  test("workspace libraries can be imported", async () => {
    const file = await write(
      "library.py",
      "from helpers import double\n\n@expose\ndef twice(x: int) -> int:\n    return double(x)\n",
    );
    await scoped.serve(file, { exposeAs: "prompt" });
    const served = scoped.served.at(-1);
    await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
    expect(await client.call("twice", { x: 4 })).toBe(8);
  });

  test("uploaded files are next to it and are not overwritten", async () => {
    const file = await write(
      "uses.py",
      "import value\n\n@expose\ndef get() -> str:\n    return value.text\n",
    );
    await write("value.py", "text = 'imported'");
    await scoped.uploadFile(await write("other/value.py", "text = 'uploaded'"));
    await scoped.serve(file, { exposeAs: "prompt" });
    const served = scoped.served.at(-1);
    await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
    expect(await client.call("get")).toBe("uploaded");
  });

  test("a file next to it with the name of a standard module does no harm", async () => {
    await scoped.writeFile("/workspace/dataclasses.py", "raise RuntimeError('not this one')\n");
    const file = await write("plain.py", "@expose\ndef one() -> int:\n    return 1\n");
    await scoped.serve(file, { exposeAs: "prompt" });
    await scoped.exec("rm dataclasses.py");
    const served = scoped.served.at(-1);
    await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
    expect(await client.call("one")).toBe(1);
  });

  test("several are served concurrently, and forms of one name share a host", async () => {
    const code = "from at_once import text\n\n@expose\ndef get() -> str:\n    return text\n";
    const files = await Promise.all(
      ["c", "d", "e"].map(async (name) => {
        await write(`${name}/at_once.py`, `text = "${name}"`);
        return await write(`${name}/main.py`, code);
      }),
    );
    const before = scoped.served.length;
    await Promise.all([
      ...files.map((file, index) => scoped.serve(file, { exposeAs: "prompt", name: `once_${index}` })),
      scoped.serve(files[0] ?? "", { exposeAs: "library", name: "once_0" }),
    ]);
    const served = scoped.served.slice(before).toSorted((a, b) => a.name.localeCompare(b.name));
    expect(served.map(({ name }) => name)).toEqual(["once_0", "once_1", "once_2"]);
    const answers = await Promise.all(
      served.map(async ({ url, token }) => {
        await using client = await RpcClient.connect({ url, token });
        return await client.call("get");
      }),
    );
    expect(answers).toEqual(["c", "d", "e"]);
    expect((await ScopedSandbox.list())[0]?.interfaces).toEqual(
      expect.arrayContaining(["once_0", "once_1", "once_2"]),
    );
  });

  test("files with the same name from different folders stay separate", async () => {
    const code = "from part import text\n\n@expose\ndef get() -> str:\n    return text\n";
    for (const name of ["a", "b"]) {
      await write(`${name}/part.py`, `text = "${name}"`);
      await scoped.serve(await write(`${name}/same.py`, code), { exposeAs: "prompt", name: `same_${name}` });
    }
    const answers = await Promise.all(
      scoped.served.slice(-2).map(async ({ url, token }) => {
        await using admin = await RpcClient.connect({ url, token });
        return await admin.call("get");
      }),
    );
    expect(answers).toEqual(["a", "b"]);
  });

  test.each([
    ["a syntax error", "def broken(:\n", /SyntaxError/],
    ["an error while loading", "value = {}['key']\n", /KeyError: 'key'/],
    ["no exposed function", "def hidden() -> int:\n    return 1\n", /expose/],
    [
      "an unsupported type hint",
      "import threading\n\n@expose\ndef f(x: threading.Lock) -> int:\n    return 1\n",
      /\bx\b|Lock/,
    ],
    ["an exit", "import os\nos._exit(3)\n", /3/],
  ])("%s is reported as Python reports it", async (_, code, expected) => {
    const file = await write("bad.py", code);
    const error = await errorOf(scoped.serve(file, { exposeAs: "library", name: "bad" }));
    expect(error.code).toBe("environment/interface-failed");
    expect(error.message).toMatch(/^bad\.py failed to load:\n/);
    expect(error.message).toMatch(expected);
    // The name is free again.
    expect((await ScopedSandbox.list())[0]?.interfaces).not.toContain("bad");
  });

  test("a name cannot be served twice", async () => {
    const code = "@expose\ndef f() -> int:\n    return 1\n";
    const file = await write("taken.py", code);
    await scoped.serve(file, { exposeAs: "prompt", name: "taken" });
    const twin = await write("twin.py", code);
    const error = await errorOf(scoped.serve(twin, { exposeAs: "prompt", name: "taken" }));
    expect(error).toMatchObject({
      code: "environment/name-taken",
      message: `${file} is already served as taken`,
    });
  });

  test("the error for a missing module has a hint", async () => {
    const unknown = await write("needs.py", "import no_such_package_at_all\n");
    expect((await errorOf(scoped.serve(unknown, { exposeAs: "prompt" }))).hint).toContain("`pythonPackages`");
    await write("beside.py", "");
    const hiding = await write("computed.py", "import importlib\nimportlib.import_module('bes' + 'ide')\n");
    expect((await errorOf(scoped.serve(hiding, { exposeAs: "prompt" }))).hint).toMatch(
      /^beside\.py is next to/,
    );
  });

  test("the errors for a missing file and an invalid name say what is wrong", async () => {
    const missing = await errorOf(scoped.serve(join(folder, "nothing.py"), { exposeAs: "prompt" }));
    expect(missing).toMatchObject({ code: "environment/interface-missing" });
    expect(missing.message).toContain(join(folder, "nothing.py"));
    expect((await errorOf(scoped.serve(folder, { exposeAs: "prompt" }))).message).toContain("is not a file");
    const file = await write("fine.py", "@expose\ndef f() -> int:\n    return 1\n");
    expect((await errorOf(scoped.serve(file, { exposeAs: "prompt", name: "a b" }))).code).toBe(
      "environment/invalid-name",
    );
    expect((await errorOf(scoped.serve(file, { exposeAs: "library", name: "not-python" }))).code).toBe(
      "workspace/invalid-library",
    );
  });

  test("serving can be aborted while the file loads", async () => {
    const file = await write("slow.py", "import time\nprint('loading', flush=True)\ntime.sleep(60)\n");
    const lines: string[] = [];
    const controller = new AbortController();
    const reason = new Error("enough");
    onProgress = (line) => {
      lines.push(line);
      // What it prints is reported while it loads.
      if (line === "  loading") controller.abort(reason);
    };
    const serving = scoped.serve(file, { exposeAs: "prompt", signal: controller.signal });
    await expect(serving).rejects.toBe(reason);
    expect(lines).toEqual([`Serving ${file} as slow`, "  loading"]);
  });
});

import { execFileSync } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { McpTools } from "@seer/harness";
import { describe, expect, test } from "vitest";
import { Place, sandboxProcesses } from "./helpers/place.ts";

describe("seer serve", () => {
  test("serves until Ctrl-C, and then ends what it started", async () => {
    await using place = await Place.create();
    await using serving = await place.serve("--as", "prompt");
    const { served } = serving;

    expect(served).toMatchObject({
      name: "greetings",
      as: "prompt",
      prompt: expect.stringContaining("greet(name"),
    });
    expect(served.functions[0]).toEqual({
      name: "greet",
      signature: "greet(name: str, *, greeting: str = 'hello') -> str",
      description: "Greet somebody.",
    });
    expect(served.functions.map((fn) => fn.name)).not.toContain("not_exposed");
    expect(await place.running()).toEqual([served.id]);

    expect((await sandboxProcesses()).length > 0).toBe(process.platform === "linux");

    serving.cli.process.kill("SIGINT");
    expect(await serving.cli.exitCode).toBe(130);
    expect(await place.running()).toEqual([]);
    expect(await sandboxProcesses()).toEqual([]);
  });

  test.each(["SIGTERM", "SIGHUP"] as const)("%s ends it as well", async (signal) => {
    await using place = await Place.create();
    await using serving = await place.serve();
    serving.cli.process.kill(signal);

    expect(await serving.cli.exitCode).toBe(signal === "SIGTERM" ? 143 : 129);
    expect(await sandboxProcesses()).toEqual([]);
  });

  test("Ctrl-C while the file loads ends everything, without a word about it", async () => {
    await using place = await Place.create();
    const file = await place.write("slow.py", "import time\ntime.sleep(60)\n");
    await using cli = place.start("serve", file);
    await cli.until("Serving");
    cli.process.kill("SIGINT");

    expect(await cli.exitCode).toBe(130);
    expect(cli.stderr).not.toContain("error:");
    expect(await sandboxProcesses()).toEqual([]);
  });

  test("ends when its sandbox is stopped from elsewhere", async () => {
    await using place = await Place.create();
    await using serving = await place.serve("--name", "tools");
    expect(await place.seer("stop", "tools")).toMatchObject({
      exitCode: 0,
      stdout: `Stopped ${serving.served.id}\n`,
    });

    expect(await serving.cli.exitCode).toBe(1);
    expect(JSON.parse(serving.cli.stderr)).toMatchObject({ error: { code: "cli/ended" } });
    expect(await sandboxProcesses()).toEqual([]);
  });

  test("uses seer.config.json beside the file, and says so", async () => {
    await using place = await Place.create();
    await place.write("seer.config.json", JSON.stringify({ env: { PLACE: "beside" } }));
    const file = await place.write(
      "where.py",
      "import os\n\n\n@expose\ndef where() -> str:\n    return os.environ['PLACE']\n",
    );
    await using cli = place.start("serve", file);
    await cli.until("Press Ctrl-C to stop serving.");

    expect(cli.stderr).toContain("Using seer.config.json");
    expect(cli.stdout).toContain("  seer call where where\n");
    expect(await place.seer("call", "where", "where")).toMatchObject({ exitCode: 0, stdout: '"beside"\n' });
  });
});

describe("what an agent gets", () => {
  test("library: a package that imports and calls, which only its owner may read", async () => {
    await using place = await Place.create();
    await using serving = await place.serve("--as", "library", "--name", "tools", "--out", "agent");

    expect(serving.served).toMatchObject({
      directory: join(place.directory, "agent/tools"),
      module: "tools",
    });
    const code = "import tools; print(tools.greet('Ada', greeting='good morning'))";
    const cwd = join(place.directory, "agent");
    // What the function prints comes to its caller too.
    expect(execFileSync("python3", ["-c", code], { cwd, encoding: "utf8" })).toBe(
      "greeting Ada\ngood morning Ada\n",
    );
    expect((await stat(join(cwd, "tools", "_endpoint.json"))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(cwd, "tools", ".gitignore"), "utf8")).toContain("*");
  });

  test("mcp: a configuration with which a client finds exactly the exposed functions", async () => {
    await using place = await Place.create();
    await using serving = await place.serve("--as", "mcp", "--name", "tools", "--out", "agent");
    const { mcpServers, file } = serving.served;

    const written = join(place.directory, "agent/mcp.json");
    expect(file).toBe(written);
    expect(JSON.parse(await readFile(written, "utf8"))).toEqual({ mcpServers });
    expect((await stat(written)).mode & 0o777).toBe(0o600);
    await using tools = await McpTools.connect(mcpServers ?? {});
    expect(tools.tools.map(({ tool }) => tool)).toEqual([
      "greet",
      "list_greeted",
      "fail",
      "give_back",
      "sleep",
      "count",
    ]);
    expect(await tools.call("mcp__tools__greet", { name: "Ada" })).toMatchObject({
      isError: false,
      text: expect.stringContaining("hello Ada"),
    });
  });

  test("skill: a folder whose script calls", async () => {
    await using place = await Place.create();
    await using serving = await place.serve("--as", "skill");

    const folder = serving.served.directory ?? "";
    expect(await readFile(join(folder, "SKILL.md"), "utf8")).toMatch(/^---\nname: /);
    expect((await stat(join(folder, "scripts/call.py"))).isFile()).toBe(true);
  });

  test("typescript: a module", async () => {
    await using place = await Place.create();
    await using serving = await place.serve("--as", "typescript", "--out", "agent");

    const module = join(place.directory, "agent/greetings/greetings.ts");
    expect(serving.served.module).toBe(module);
    expect(await readFile(module, "utf8")).toContain('from "@seer/rpc"');
  });

  test.each([
    ["mcp", "mcp.json", '{"mcpServers": {"mine": {}}}'],
    ["prompt", "greetings.md", "# Mine"],
    ["library", "greetings/__init__.py", ""],
    ["skill", "greetings/SKILL.md", ""],
    ["typescript", "greetings/index.ts", ""],
  ])("%s: what somebody else wrote is never replaced", async (mode, path, text) => {
    await using place = await Place.create();
    const file = await place.write(path, text);
    const { exitCode, stderr } = await place.seer("serve", place.greetings, "--as", mode, "--out", ".");

    expect(stderr).toContain("code: cli/destination-taken");
    expect(exitCode).toBe(1);
    expect(await readFile(file, "utf8")).toBe(text);
    expect(await sandboxProcesses()).toEqual([]);
  });

  test.each(["mcp", "prompt", "library", "skill", "typescript"])(
    "%s: what `seer serve` wrote is",
    async (mode) => {
      await using place = await Place.create();
      const tokens: string[] = [];
      for (let time = 0; time < 2; time++) {
        await using serving = await place.serve("--as", mode, "--out", "agent");
        const { directory, file, token } = serving.served;
        const written = file ?? join(directory ?? "", tokenFiles[mode] ?? "");
        expect(await readFile(written, "utf8")).toContain(token);
        tokens.push(token);
      }
      expect(new Set(tokens).size).toBe(2);
    },
  );
});

/** Where in its folder a mode keeps the token. */
const tokenFiles: Record<string, string> = {
  library: "_endpoint.json",
  skill: "scripts/_endpoint.json",
  typescript: "greetings.ts",
};

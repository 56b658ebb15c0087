import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

it("serves the example to the MCP Inspector, a client that is not ours, with exactly its functions as tools", async () => {
  const out = await mkdtemp(join(tmpdir(), "seer-inspector-"));
  const serve = spawn(
    // Not through a shell's shim, which would keep the signal to itself.
    process.execPath,
    [
      here("node_modules/@seer/cli/bin/seer.js"),
      "serve",
      here("../examples/scoped-sandbox-intro/interface.py"),
      "--as",
      "mcp",
      "--name",
      "intro",
      "--out",
      out,
      "--json",
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const exited = once(serve, "exit");
  try {
    const [line] = (await once(createInterface(serve.stdout), "line", {
      signal: AbortSignal.timeout(120_000),
    })) as [string];
    const served = JSON.parse(line) as { functions: { name: string }[] };
    const inspect = async (...args: string[]) => {
      const config = ["--cli", "--config", join(out, "mcp.json"), "--server", "intro"];
      const { stdout } = await run(here("node_modules/.bin/mcp-inspector"), [...config, ...args], {
        timeout: 60_000,
      });
      return JSON.parse(stdout);
    };

    const { tools } = await inspect("--method", "tools/list", "--strict");
    const names = tools.map(({ name }: { name: string }) => name);
    expect(names.sort()).toEqual(served.functions.map(({ name }) => name).sort());
    expect(names).toContain("get_model_info");

    const result = await inspect("--method", "tools/call", "--tool-name", "get_model_info");
    expect(result.structuredContent.num_layers).toBe(2);
  } finally {
    serve.kill("SIGINT");
    await exited;
    await rm(out, { recursive: true, force: true });
  }
});

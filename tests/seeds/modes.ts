import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { ScopedSandbox } from "@seer/environment";
import { directoryTarget, installWorkspace, Workspace } from "@seer/workspace";

const run = promisify(execFile);

/** A call of a function with arguments by name. */
export type Call = readonly [name: string, args: Record<string, unknown>];

/** What an agent finds in one mode, and the results of its calls as JSON values. */
interface Session {
  functions: string[];
  results: unknown[];
}

/** Serves a file in one mode, and makes calls one after another as an agent would. */
type Mode = (scoped: ScopedSandbox, file: string, name: string, calls: readonly Call[]) => Promise<Session>;

export const modes: Readonly<Record<"library" | "mcp" | "prompt" | "skill", Mode>> = {
  async library(scoped, file, name, calls) {
    const library = await scoped.serve(file, { exposeAs: "library", name });
    await using directory = await installed(new Workspace({ libraries: [library] }));
    const program = `
import json, sys, ${name}
results = [getattr(${name}, function)(**args) for function, args in json.load(sys.stdin)]
functions = [one for one in ${name}.__all__ if one != "RemoteError"]
print(json.dumps({"functions": functions, "results": results}))`;
    return await python(["-c", program], { cwd: join(directory.path, "lib"), input: calls });
  },

  async mcp(scoped, file, name, calls) {
    const config = await scoped.serve(file, { exposeAs: "mcp", name });
    const server = config[name];
    if (server?.type !== "stdio") throw new Error(`${name} is no stdio server`);
    const client = new Client({ name: "seeds", version: "1" });
    await client.connect(new StdioClientTransport(server));
    try {
      const { tools } = await client.listTools();
      const results: unknown[] = [];
      for (const [tool, args] of calls) {
        const { structuredContent, content, isError } = await client.callTool({
          name: tool,
          arguments: args,
        });
        if (isError) throw new Error(JSON.stringify(content));
        const result = structuredContent as Record<string, unknown>;
        results.push(Object.hasOwn(result, "result") ? result.result : result);
      }
      return { functions: tools.map((tool) => tool.name), results };
    } finally {
      await client.close();
    }
  },

  async prompt(scoped, file, name, calls) {
    const prompt = await scoped.serve(file, { exposeAs: "prompt", name });
    const [signatures = "", usage = ""] = [...prompt.matchAll(/```python\n(.*?)```/gs)].map(
      ([, code]) => code,
    );
    // The definition of `call`, without the example after it.
    const definition = usage.slice(0, usage.lastIndexOf("\n\ncall("));
    const program = `
${definition}

import sys
print(json.dumps([call(function, args) for function, args in json.load(sys.stdin)]))`;
    const functions = [...signatures.matchAll(/^def (\w+)/gm)].map(([, found]) => String(found));
    return { functions, results: await python(["-c", program], { input: calls }) };
  },

  async skill(scoped, file, name, calls) {
    const skill = await scoped.serve(file, { exposeAs: "skill", name });
    await using directory = await installed(new Workspace({ skills: [skill] }));
    const files = await readdir(directory.path, { recursive: true });
    const script = files.find((path) => path.endsWith("call.py"));
    if (script === undefined) throw new Error(`The skill ${name} has no script`);
    const results: unknown[] = [];
    for (const [function_, args] of calls) {
      results.push(await python([join(directory.path, script), function_, JSON.stringify(args)]));
    }
    const functions = [...skill.instructions.matchAll(/^- `(\w+)`/gm)].map(([, found]) => String(found));
    return { functions, results };
  },
};

async function installed(workspace: Workspace): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "seer-seeds-"));
  await installWorkspace(workspace, directoryTarget(path), { root: path });
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Runs Python; gives what it prints last, as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the program prints
async function python(args: string[], options: { cwd?: string; input?: unknown } = {}): Promise<any> {
  const running = run("python3", args, options.cwd === undefined ? {} : { cwd: options.cwd });
  running.child.stdin?.end(options.input === undefined ? "" : JSON.stringify(options.input));
  const { stdout } = await running;
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

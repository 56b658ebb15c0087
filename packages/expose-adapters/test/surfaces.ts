import { readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { toLibrary } from "../src/library/index.ts";
import { toMcpConfig } from "../src/mcp/index.ts";
import { toSkill } from "../src/skill/index.ts";
import { toTypeScript } from "../src/typescript/index.ts";
import { connect, textOf } from "./mcp/mcp-client.ts";
import { python, run } from "./run.ts";
import { scratch } from "./scratch.ts";
import type { Served } from "./served.ts";

type Call = readonly [name: string, args: Record<string, unknown>];
type Outcome = { result: unknown } | { error: string };
export const surfaceNames = [
  "TypeScript client",
  "Python library",
  "TypeScript library",
  "MCP",
  "skill",
  "curl",
] as const;

/** Every way to call what is served: takes calls, and gives their outcomes. */
export type Surfaces = Record<(typeof surfaceNames)[number], (calls: readonly Call[]) => Promise<Outcome[]>>;

/** Makes all surfaces of an interface for real. */
export async function surfacesOf({ served, client }: Served, stack: AsyncDisposableStack): Promise<Surfaces> {
  const { name, url, token, description } = served;
  const skill = Object.entries(toSkill(served).files);
  const directory = stack.use(
    await scratch({
      ...toLibrary(served).importableFiles,
      ...(await toTypeScript(served)),
      ...Object.fromEntries(skill.map(([path, content]) => [`skill/${path}`, content])),
      "package.json": '{ "type": "module" }',
      "agreement.py": await readFile(new URL("fixtures/agreement.py", import.meta.url)),
    }),
  );
  const modules = fileURLToPath(new URL("../node_modules", import.meta.url));
  await symlink(modules, join(directory.path, "node_modules"));
  const library = await import(/* @vite-ignore */ join(directory.path, `${name}.ts`));
  stack.defer(() => library.close());
  const server = toMcpConfig(served)[name];
  if (server?.type !== "stdio") throw new Error("expected a stdio server");
  const mcp = stack.use(await connect(new StdioClientTransport(server)));

  return {
    "TypeScript client": oneByOne(([fn, args]) => outcomeOf(client.call(fn, args))),
    "Python library": async (calls) => {
      const input = JSON.stringify(calls);
      const { stdout, stderr } = await run(python, ["agreement.py", name], { cwd: directory.path, input });
      const last = stdout.trimEnd().split("\n").at(-1);
      if (last === undefined || last === "") throw new Error(stderr);
      return JSON.parse(last);
    },
    "TypeScript library": oneByOne(async ([fn, args]) => {
      const described = description.functions.find((one) => one.name === fn);
      const others = described?.parameters.find(({ kind }) => kind === "var_keyword");
      const known = new Set(described?.parameters.map((parameter) => parameter.name));
      const named = Object.entries(args).filter(([key]) => known.has(key) || others === undefined);
      const rest = Object.fromEntries(Object.entries(args).filter(([key]) => !known.has(key)));
      const sent = { ...Object.fromEntries(named), ...(others === undefined ? {} : { [others.name]: rest }) };
      const takes = known.size > 0 ? [sent] : [];
      const exported = library[fn] ?? library[`${fn}_`];
      return await outcomeOf(described?.stream ? collect(exported(...takes)) : exported(...takes));
    }),
    MCP: oneByOne(async ([fn, args]) => {
      const result = await mcp.call(fn, args);
      if (result.isError) return { error: textOf(result) };
      const structured = result.structuredContent as Record<string, unknown>;
      return { result: Object.hasOwn(structured, "result") ? structured.result : structured };
    }),
    skill: oneByOne(async ([fn, args]) => {
      const command = ["skill/scripts/call.py", fn, JSON.stringify(args)];
      const { status, stdout, stderr } = await run(python, command, { cwd: directory.path });
      return status === 0 ? { result: JSON.parse(stdout) } : { error: stderr };
    }),
    curl: oneByOne(async ([fn, args]) => {
      const headers = ["-H", `Authorization: Bearer ${token}`, "-H", "Content-Type: application/json"];
      const { stdout } = await run("curl", [
        "-sS",
        `${url}/call/${fn}`,
        ...headers,
        "-d",
        JSON.stringify(args),
      ]);
      const { result, error } = JSON.parse(stdout);
      return error === undefined ? { result } : { error: error.message };
    }),
  };
}

function oneByOne(call: (call: Call) => Promise<Outcome>): (calls: readonly Call[]) => Promise<Outcome[]> {
  return async (calls) => {
    const outcomes: Outcome[] = [];
    for (const one of calls) outcomes.push(await call(one));
    return outcomes;
  };
}

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const collected: unknown[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  try {
    return { result: await call };
  } catch (error) {
    return { error: String(error) };
  }
}

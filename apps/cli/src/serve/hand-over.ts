import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { ScopedSandbox } from "@seer/environment";
import type { ServedInterface } from "@seer/rpc";
import type { ServeMode } from "./serve-modes.ts";
import { writeFolder } from "./write-folder.ts";

interface ServeRequest {
  file: string;
  name: string | undefined;
  out: string | undefined;
  signal: AbortSignal;
}

/** What an agent needs, where it was put, and how a person goes on from there. */
export interface Handed {
  served: ServedInterface;
  /** For `--json`. */
  fields: Record<string, unknown>;
  /** For people. */
  next: string;
}

/** Serves the file, and hands it over in the form that was asked for. */
export async function handOver(
  sandbox: ScopedSandbox,
  mode: ServeMode,
  request: ServeRequest,
): Promise<Handed> {
  return { ...(await forms[mode](sandbox, request)), served: lastServed(sandbox) };
}

type Form = (sandbox: ScopedSandbox, request: ServeRequest) => Promise<Omit<Handed, "served">>;

const forms: Record<ServeMode, Form> = {
  async library(sandbox, { file, out = ".", ...options }) {
    const library = await sandbox.serve(file, { exposeAs: "library", ...options });
    const folder = join(out, library.name);
    await writeFolder(folder, library.files);
    return {
      fields: { directory: folder, module: library.name },
      next: `The library is in ${show(folder)}. In a Python started ${from(out)}:\n\n  import ${library.name}`,
    };
  },

  async mcp(sandbox, { file, out, ...options }) {
    const config = { mcpServers: await sandbox.serve(file, { exposeAs: "mcp", ...options }) };
    const text = JSON.stringify(config, null, 2);
    const written = out === undefined ? undefined : join(out, "mcp.json");
    if (written !== undefined) await writePrivate(written, `${text}\n`);
    const where = written === undefined ? "" : ` It is in ${show(written)}, too.`;
    return {
      fields: { ...config, ...(written === undefined ? {} : { file: written }) },
      next: `For an MCP client; it holds a token, so keep it to yourself.${where}\n\n${text}`,
    };
  },

  async prompt(sandbox, { file, out, ...options }) {
    const prompt = await sandbox.serve(file, { exposeAs: "prompt", ...options });
    const written = out === undefined ? undefined : join(out, `${lastServed(sandbox).name}.md`);
    if (written !== undefined) await writePrivate(written, prompt);
    return {
      fields: { prompt, ...(written === undefined ? {} : { file: written }) },
      next: written === undefined ? prompt : `The prompt is in ${show(written)}:\n\n${prompt}`,
    };
  },

  async skill(sandbox, { file, out = ".", ...options }) {
    const skill = await sandbox.serve(file, { exposeAs: "skill", ...options });
    const folder = join(out, skill.name);
    await writeFolder(folder, skill.files);
    return {
      fields: { directory: folder, skill: skill.name },
      next: `The skill is in ${show(folder)}. For Claude Code, put it in .claude/skills.`,
    };
  },

  async typescript(sandbox, { file, out = ".", ...options }) {
    await sandbox.serve(file, { exposeAs: "prompt", ...options });
    const served = lastServed(sandbox);
    const { toTypeScript } = await import("@seer/expose-adapters/typescript");
    const folder = join(out, served.name);
    await writeFolder(folder, await toTypeScript(served));
    const module = join(folder, `${served.name}.ts`);
    return {
      fields: { directory: folder, module },
      next: `The TypeScript module is ${show(module)}. What imports it needs the package @seer/rpc.`,
    };
  },
};

function lastServed(sandbox: ScopedSandbox): ServedInterface {
  const served = sandbox.served.at(-1);
  if (served === undefined) throw new Error("The sandbox has served the file, but does not list it");
  return served;
}

async function writePrivate(file: string, text: string): Promise<void> {
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, text, { mode: 0o600 });
}

function from(directory: string): string {
  return relative("", directory) === "" ? "here" : `in ${show(directory)}`;
}

function show(path: string): string {
  return relative("", path) || ".";
}

import { join, relative, resolve } from "node:path";
import type { McpConfig } from "@seer/config";
import type { ScopedSandbox } from "@seer/environment";
import type { ServedInterface } from "@seer/rpc";
import type { ServeMode } from "./serve-modes.ts";
import { writeFolder, writeOneFile } from "./write-output.ts";

interface ServeRequest {
  file: string;
  name: string | undefined;
  out: string | undefined;
  port: number | undefined;
  signal: AbortSignal;
}

/** The generated files for an agent, and instructions for the user. */
export interface Handed {
  served: ServedInterface;
  /** For `--json`. */
  fields: Record<string, unknown>;
  /** For people. */
  next: string;
}

/** Serves the file, and generates the files of the requested mode. */
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
    const directory = resolve(out, library.name);
    await writeFolder(directory, library.files);
    const where = relative("", out) === "" ? "here" : `in ${show(out)}`;
    return {
      fields: { directory, module: library.name },
      next: `The library is in ${show(directory)}. In a Python started ${where}:\n\n  import ${library.name}`,
    };
  },

  async mcp(sandbox, { file, out, ...options }) {
    const mcpServers = await sandbox.serve(file, { exposeAs: "mcp", ...options });
    const text = JSON.stringify({ mcpServers }, null, 2);
    const next = "For an MCP client. It contains a token, so keep it private.";
    if (out === undefined) return { fields: { mcpServers }, next: `${next}\n\n${text}` };
    const written = resolve(out, "mcp.json");
    await writeOneFile(written, `${text}\n`, (existing) => configuresOnly(existing, mcpServers));
    return { fields: { mcpServers, file: written }, next: `${next} It is in ${show(written)}:\n\n${text}` };
  },

  async prompt(sandbox, { file, out, ...options }) {
    const prompt = await sandbox.serve(file, { exposeAs: "prompt", ...options });
    if (out === undefined) return { fields: { prompt }, next: prompt };
    const [title = ""] = prompt.split("\n", 1);
    const written = resolve(out, `${lastServed(sandbox).name}.md`);
    await writeOneFile(written, prompt, (existing) => existing.startsWith(title));
    return { fields: { prompt, file: written }, next: `The prompt is in ${show(written)}:\n\n${prompt}` };
  },

  async skill(sandbox, { file, out = ".", ...options }) {
    const skill = await sandbox.serve(file, { exposeAs: "skill", ...options });
    const directory = resolve(out, skill.name);
    await writeFolder(directory, skill.files);
    return {
      fields: { directory, skill: skill.name },
      next: `The skill is in ${show(directory)}. Claude Code finds it in .claude/skills.`,
    };
  },

  async typescript(sandbox, { file, out = ".", ...options }) {
    await sandbox.serve(file, { exposeAs: "prompt", ...options });
    const served = lastServed(sandbox);
    const { toTypeScript } = await import("@seer/expose-adapters/typescript");
    const directory = resolve(out, served.name);
    await writeFolder(directory, await toTypeScript(served));
    const module = join(directory, `${served.name}.ts`);
    return {
      fields: { directory, module },
      next: `The TypeScript module is ${show(module)}. Programs that import it need the package @seer/rpc.`,
    };
  },
};

function lastServed(sandbox: ScopedSandbox): ServedInterface {
  const served = sandbox.served.at(-1);
  if (served === undefined) throw new Error("The sandbox has served the file, but does not list it");
  return served;
}

/** Whether a file is an MCP configuration with exactly these server names. */
function configuresOnly(text: string, servers: McpConfig): boolean {
  try {
    const { mcpServers, ...others } = JSON.parse(text);
    return Object.keys(others).length === 0 && Object.keys(mcpServers).join() === Object.keys(servers).join();
  } catch {
    return false;
  }
}

function show(path: string): string {
  return relative("", path);
}

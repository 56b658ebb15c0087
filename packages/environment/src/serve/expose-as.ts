import type { McpConfig } from "@seer/config";
import type { ServedInterface } from "@seer/rpc";
import type { Library, Skill } from "@seer/workspace";

/** What `serve` returns for each value of `exposeAs`. */
export interface ServedAs {
  /** Python code that an agent imports. */
  library: Library;
  /** MCP servers, whose tools are the functions. */
  mcp: McpConfig;
  /** Markdown that describes the functions and how to call them. */
  prompt: string;
  /** An Agent Skill with a script that calls them. */
  skill: Skill;
}

export type ExposeAs = keyof ServedAs;

// Loaded on demand, because some adapters have large dependencies.
const adapters: { readonly [Mode in ExposeAs]: (served: ServedInterface) => Promise<ServedAs[Mode]> } = {
  library: async (served) => (await import("@seer/expose-adapters/library")).toLibrary(served),
  mcp: async (served) => (await import("@seer/expose-adapters/mcp")).toMcpConfig(served),
  prompt: async (served) => (await import("@seer/expose-adapters/prompt")).toPrompt(served),
  skill: async (served) => (await import("@seer/expose-adapters/skill")).toSkill(served),
};

export async function exposeAs<Mode extends ExposeAs>(
  served: ServedInterface,
  mode: Mode,
): Promise<ServedAs[Mode]> {
  return await adapters[mode](served);
}

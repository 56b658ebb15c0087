import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import type { ExposedFunction, Interface } from "../interface/model.ts";
import { documentationOf } from "../python/documentation.ts";
import { inputSchema, outputSchema } from "./schemas.ts";
import { toolNames } from "./tool-names.ts";

/** A tool, and the function that it calls. */
export interface FunctionTool {
  readonly fn: ExposedFunction;
  readonly tool: Tool;
}

/** Raises the limit for results in Claude Code, which is about 40,000 characters by default. */
const maxResultCharacters = 500_000;

/** The tool of each exposed function, by the tool's name. */
export function toolsOf({ name: server, functions }: Interface): ReadonlyMap<string, FunctionTool> {
  const nameOf = toolNames(
    server,
    functions.map(({ name }) => name),
  );
  return new Map(
    functions.map((fn) => {
      const name = nameOf(fn.name);
      const docs = documentationOf(fn);
      const calls = `Calls the Python function \`${fn.name}\`.`;
      const tool = {
        name,
        ...(name === fn.name ? {} : { title: fn.name }),
        description: [docs, docs === "" || name !== fn.name ? calls : ""]
          .filter((text) => text !== "")
          .join("\n\n"),
        inputSchema: inputSchema(fn),
        outputSchema: outputSchema(fn),
        _meta: { "anthropic/maxResultSizeChars": maxResultCharacters },
      } as Tool;
      return [name, { fn, tool }];
    }),
  );
}

import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { takeName } from "../interface/identifiers.ts";
import type { ExposedFunction, Interface } from "../interface/model.ts";
import { documentationOf } from "../python/documentation.ts";
import { inputSchema, outputSchema } from "./schemas.ts";

/** A tool, and the function that it calls. */
export interface FunctionTool {
  readonly fn: ExposedFunction;
  readonly tool: Tool;
}

/** One tool for each exposed function, by the tool's name. */
export function toolsOf({ functions }: Interface): ReadonlyMap<string, FunctionTool> {
  const taken = new Set<string>();
  return new Map(
    functions.map((fn) => {
      const name = takeName(toolName(fn.name), taken);
      const tool = {
        name,
        description: documentationOf(fn),
        inputSchema: inputSchema(fn),
        outputSchema: outputSchema(fn),
      } as Tool;
      return [name, { fn, tool }];
    }),
  );
}

/** Models are given tools under names of these characters, and no longer ones. */
function toolName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 64);
}

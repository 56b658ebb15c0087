import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { JsonSchemaType } from "@modelcontextprotocol/sdk/validation";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import { present } from "./present.ts";
import { isWrapped } from "./schemas.ts";
import { shorten } from "./shorten.ts";
import type { FunctionTool } from "./tools.ts";

const validator = new AjvJsonSchemaValidator();

/** What a function returned, as structured content and as text. */
export function toolResult({ fn, tool }: FunctionTool, value: unknown): CallToolResult {
  const { value: short, json, cuts } = shorten(present(value), "result");
  const text = typeof short === "string" ? short : json;
  const notes = cuts.length === 0 ? [] : [`Shortened to ${cuts.join("; ")}.`];
  const problem = problemWith(isWrapped(fn) ? `{"result":${json}}` : json, tool);
  if (problem !== undefined) {
    // Clients refuse structured content that is not what the schema says, and the model would get to see nothing.
    const what = `${fn.name} returned what its return annotation does not say (${problem}):`;
    return { isError: true, content: texts(what, text, ...notes) };
  }
  const structured = isWrapped(fn) ? { result: short } : (short as Record<string, unknown>);
  const structuredContent = cuts.length === 0 ? structured : { ...structured, $shortened: cuts };
  return { content: texts(text, ...notes), structuredContent };
}

export function texts(...parts: string[]): CallToolResult["content"] {
  return parts.map((text) => ({ type: "text", text }));
}

function problemWith(json: string, { outputSchema }: FunctionTool["tool"]): string | undefined {
  // As the client will see it, whose numbers are not those that hold all their digits here.
  const check = validator.getValidator(outputSchema as JsonSchemaType)(JSON.parse(json));
  return check.valid ? undefined : check.errorMessage;
}

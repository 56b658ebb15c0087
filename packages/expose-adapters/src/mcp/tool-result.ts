import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { JsonSchemaType } from "@modelcontextprotocol/sdk/validation";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import { render } from "../render/render.ts";
import { Pictures } from "./pictures.ts";
import { isWrapped } from "./schemas.ts";
import { shorten } from "./shorten.ts";
import type { FunctionTool } from "./tools.ts";

const validator = new AjvJsonSchemaValidator();

/** A function's result as structured content and text, with its pictures. */
export async function toolResult({ fn, tool }: FunctionTool, value: unknown): Promise<CallToolResult> {
  const pictures = new Pictures();
  const rendered = render(value, { arrays: "preview", picture: (picture) => pictures.add(picture) });
  const { value: short, json, cuts } = shorten(rendered, "result");
  const text = typeof short === "string" ? short : json;
  const notes = cuts.length === 0 ? [] : [`Shortened to ${cuts.join("; ")}.`];
  const images = await pictures.content();
  const problem = problemWith(isWrapped(fn) ? `{"result":${json}}` : json, tool);
  if (problem !== undefined) {
    // Clients refuse structured content that violates the schema, and the model would not see it.
    const what = `${fn.name} returned a value that does not match its return annotation (${problem}):`;
    return { isError: true, content: [...texts(what, text, ...notes), ...images] };
  }
  const structured = isWrapped(fn) ? { result: short } : (short as Record<string, unknown>);
  const structuredContent = cuts.length === 0 ? structured : { ...structured, $shortened: cuts };
  return { content: [...texts(text, ...notes), ...images], structuredContent };
}

export function texts(...parts: string[]): CallToolResult["content"] {
  return parts.map((text) => ({ type: "text", text }));
}

function problemWith(json: string, { outputSchema }: FunctionTool["tool"]): string | undefined {
  // Check the parsed JSON, as the client will see it, because raw numbers are objects here.
  const check = validator.getValidator(outputSchema as JsonSchemaType)(JSON.parse(json));
  return check.valid ? undefined : check.errorMessage;
}

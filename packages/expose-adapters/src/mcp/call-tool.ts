import type { CallToolResult, ServerNotification } from "@modelcontextprotocol/sdk/types.js";
import type { JsonSchemaType } from "@modelcontextprotocol/sdk/validation";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import { type RpcClient, RpcError } from "@seer/rpc";
import { fromJson } from "./arguments.ts";
import { describeError } from "./describe-error.ts";
import { present } from "./present.ts";
import { reportProgress } from "./progress.ts";
import { isWrapped } from "./schemas.ts";
import { lastOf, shorten } from "./shorten.ts";
import type { FunctionTool } from "./tools.ts";

/** What the MCP SDK tells the handler of a request. */
export interface ToolCallContext {
  signal: AbortSignal;
  _meta?: { progressToken?: string | number | undefined } | undefined;
  sendNotification(notification: ServerNotification): Promise<void>;
}

const validator = new AjvJsonSchemaValidator();

/** Calls a tool's function; whatever goes wrong with it is a result that says so, which the model gets to read. */
export async function callTool(
  client: RpcClient,
  { fn, tool }: FunctionTool,
  args: Readonly<Record<string, unknown>>,
  context: ToolCallContext,
): Promise<CallToolResult> {
  await using progress = reportProgress(context);
  let output = "";
  try {
    const value = await client.call(fn.name, fromJson(fn, args), {
      signal: context.signal,
      onOutput: (text) => {
        output += text;
        progress.printed(text);
      },
      onProgress: (reported) => progress.reported(reported),
    });
    return withOutput(toResult(value), output);
  } catch (error) {
    if (!RpcError.isInstance(error)) throw error;
    return withOutput({ isError: true, content: texts(describeError(error)) }, output);
  }

  function toResult(value: unknown): CallToolResult {
    const presented = present(value);
    const { value: short, json, cuts } = shorten(presented, "result");
    const structured = isWrapped(fn) ? { result: short } : short;
    const text = typeof short === "string" ? short : json;
    const notes = cuts.length === 0 ? "" : `Shortened to ${cuts.join("; ")}.`;
    const check = validator.getValidator((tool.outputSchema ?? {}) as JsonSchemaType)(structured);
    if (!check.valid) {
      // Clients refuse structured content that is not what the schema says, and the model would get to see nothing.
      const problem = `${fn.name} returned what its return annotation does not say (${check.errorMessage}):`;
      return { isError: true, content: texts(problem, text, notes) };
    }
    const structuredContent = { ...(structured as object), ...(notes === "" ? {} : { $shortened: cuts }) };
    return { content: texts(text, notes), structuredContent };
  }
}

function withOutput(result: CallToolResult, output: string): CallToolResult {
  if (output.trim() === "") return result;
  return { ...result, content: [...result.content, ...texts(`Printed:\n${lastOf(output)}`)] };
}

function texts(...parts: string[]): CallToolResult["content"] {
  return parts.filter((text) => text !== "").map((text) => ({ type: "text", text }));
}

import type { CallToolResult, ServerNotification } from "@modelcontextprotocol/sdk/types.js";
import { type RpcClient, RpcError } from "@seer/rpc";
import { fromJson } from "./arguments.ts";
import { describeError } from "./describe-error.ts";
import { reportProgress } from "./progress.ts";
import { lastOf } from "./shorten.ts";
import { texts, toolResult } from "./tool-result.ts";
import type { FunctionTool } from "./tools.ts";

/** What the MCP SDK tells the handler of a request. */
export interface ToolCallContext {
  signal: AbortSignal;
  _meta?: { progressToken?: string | number | undefined } | undefined;
  sendNotification(notification: ServerNotification): Promise<void>;
}

/** Calls a tool's function; whatever goes wrong with it is a result that says so, which the model gets to read. */
export async function callTool(
  client: RpcClient,
  called: FunctionTool,
  args: Readonly<Record<string, unknown>>,
  context: ToolCallContext,
): Promise<CallToolResult> {
  await using progress = reportProgress(context);
  let printed = "";
  const output = () => (printed.trim() === "" ? [] : texts(`Printed:\n${lastOf(printed)}`));
  try {
    const value = await client.call(called.fn.name, fromJson(args), {
      signal: context.signal,
      onOutput: (text) => {
        printed += text;
        progress.printed(text);
      },
      onProgress: (reported) => progress.reported(reported),
    });
    const result = toolResult(called, value);
    return { ...result, content: [...result.content, ...output()] };
  } catch (error) {
    if (!RpcError.isInstance(error)) throw error;
    return { isError: true, content: [...texts(describeError(error)), ...output()] };
  }
}

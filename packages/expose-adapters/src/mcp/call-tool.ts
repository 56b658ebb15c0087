import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { type RpcClient, RpcError } from "@seer/rpc";
import { toArguments } from "./arguments.ts";
import { describeError } from "./describe-error.ts";
import { CallReport, type CallReportTarget } from "./report-call.ts";
import { KeptText } from "./shorten.ts";
import { texts, toolResult } from "./tool-result.ts";
import type { FunctionTool } from "./tools.ts";

export interface ToolCallContext extends CallReportTarget {
  signal: AbortSignal;
}

/** Calls a tool's function; an error becomes a result with a description, so that the model can read it. */
export async function callTool(
  client: RpcClient,
  called: FunctionTool,
  args: Readonly<Record<string, unknown>>,
  context: ToolCallContext,
): Promise<CallToolResult> {
  await using report = new CallReport(context);
  const printed = new KeptText();
  const output = () => (printed.isEmpty ? [] : texts(`Printed:\n${printed}`));
  try {
    const value = await client.call(called.fn.name, toArguments(called.fn, args), {
      signal: context.signal,
      onOutput: (text) => {
        printed.append(text);
        report.printed(text);
      },
      onProgress: (progress) => report.reported(progress),
    });
    // A function with the hint of a stream may still return None.
    const result = await toolResult(called, called.fn.stream ? (value ?? []) : value);
    return { ...result, content: [...result.content, ...output()] };
  } catch (error) {
    if (!RpcError.isInstance(error)) throw error;
    return { isError: true, content: [...texts(describeError(error)), ...output()] };
  }
}

import type { ToolResult } from "./mcp/tool-result.ts";

/** A tool call by a model. */
export interface ToolCall {
  id: string;
  /** The tool's name, in the form that the agent uses. */
  tool: string;
  arguments: Record<string, unknown>;
}

/** The result of one call, for the model. */
export interface AnsweredCall extends ToolResult {
  callId: string;
  tool: string;
}

/** A message of a conversation, in a format that is independent of providers. */
export type Message =
  | { role: "user"; text: string }
  | { role: "assistant"; text: string; toolCalls: ToolCall[] }
  | { role: "tool"; results: AnsweredCall[] };

/** The tokens of a turn or a run. */
export interface Usage {
  /** All input, including tokens from a cache. */
  inputTokens: number;
  /** The part of the input that came from a cache. */
  cachedInputTokens: number;
  outputTokens: number;
}

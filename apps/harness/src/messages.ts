import type { ToolResult } from "./mcp/tool-result.ts";

/** A tool call as a model made it. */
export interface ToolCall {
  id: string;
  /** The tool's name as the agent knows it. */
  tool: string;
  arguments: Record<string, unknown>;
}

/** The result of one call, for the model. */
export interface AnsweredCall extends ToolResult {
  callId: string;
  tool: string;
}

/** One message of a conversation, in no provider's own format. */
export type Message =
  | { role: "user"; text: string }
  | { role: "assistant"; text: string; toolCalls: ToolCall[] }
  | { role: "tool"; results: AnsweredCall[] };

/** Tokens of one turn, or of a run. */
export interface Usage {
  /** All input, what came from a cache included. */
  inputTokens: number;
  /** How much of the input came from a cache. */
  cachedInputTokens: number;
  outputTokens: number;
}

import type { ToolDefinition } from "../mcp/mcp-tools.ts";
import type { Message, ToolCall, Usage } from "../messages.ts";

/** What a provider reports while a model's turn comes in. */
export type ProviderEvent =
  | { type: "text-delta"; text: string }
  | { type: "reasoning-delta"; text: string }
  | ({ type: "tool-call" } & ToolCall)
  | { type: "usage"; usage: Usage }
  /** For engines that hold the tools themselves: the tools that this one really has. Others than it was given end the run. */
  | { type: "tools"; names: string[] };

/** Whatever plays the model's side of a conversation, one turn at a time. */
export interface Provider {
  readonly name: string;
  readonly model?: string | undefined;
  /**
   * Plays one turn. The harness runs its tool calls and starts the next turn with their results;
   * a turn without tool calls ends the run. Must end soon after `signal` is aborted.
   */
  startTurn(
    messages: readonly Message[],
    tools: readonly ToolDefinition[],
    signal: AbortSignal,
  ): AsyncIterable<ProviderEvent>;
}

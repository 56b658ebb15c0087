import type { ToolDefinition } from "../mcp/mcp-tools.ts";
import type { Message, ToolCall, Usage } from "../messages.ts";

/** An event of a model's turn. */
export type ProviderEvent =
  | { type: "text-delta"; text: string }
  | { type: "reasoning-delta"; text: string }
  | ({ type: "tool-call" } & ToolCall)
  | { type: "usage"; usage: Usage }
  /** For engines that call tools themselves: the tools that the engine has. The run fails if they differ from the given ones. */
  | { type: "tools"; names: string[] };

/** Produces the model's side of a conversation, one turn at a time. */
export interface Provider {
  readonly name: string;
  readonly model?: string | undefined;
  /**
   * Produces one turn. The harness runs its tool calls and starts the next turn with their results;
   * a turn without tool calls ends the run. It must end soon after `signal` is aborted.
   */
  startTurn(
    messages: readonly Message[],
    tools: readonly ToolDefinition[],
    signal: AbortSignal,
  ): AsyncIterable<ProviderEvent>;
}

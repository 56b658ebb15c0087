import type { AgentEventBody } from "../events/agent-event.ts";
import type { ToolDefinition } from "../mcp/mcp-tools.ts";
import type { ToolCall } from "../messages.ts";
import type { ProviderEvent } from "../providers/provider.ts";
import { assertExactTools } from "./assert-exact-tools.ts";
import type { RunTotals } from "./run-totals.ts";

/** The complete turn of a model. */
interface PlayedTurn {
  text: string;
  toolCalls: ToolCall[];
}

/** Yields the events of a model's turn, and returns the complete turn. */
export async function* playTurn(
  turn: number,
  events: AsyncIterable<ProviderEvent>,
  tools: readonly ToolDefinition[],
  totals: RunTotals,
): AsyncGenerator<AgentEventBody, PlayedTurn> {
  const texts: string[] = [];
  const toolCalls: ToolCall[] = [];
  let block: { type: "text" | "reasoning"; text: string } | undefined;

  function* endBlock(): Generator<AgentEventBody> {
    if (block === undefined) return;
    if (block.type === "text") texts.push(block.text);
    yield { ...block, turn };
    block = undefined;
  }

  for await (const event of events) {
    switch (event.type) {
      case "text-delta":
      case "reasoning-delta": {
        const type = event.type === "text-delta" ? "text" : "reasoning";
        if (block?.type !== type) yield* endBlock();
        block = { type, text: (block?.text ?? "") + event.text };
        if (type === "text") yield { type: "text-delta", turn, text: event.text };
        break;
      }
      case "tool-call":
        yield* endBlock();
        toolCalls.push({ id: event.id, tool: event.tool, arguments: event.arguments });
        break;
      case "usage":
        totals.add(event.usage);
        yield { type: "usage", turn, usage: event.usage };
        break;
      case "tools":
        assertExactTools(tools, event.names);
        break;
    }
  }
  yield* endBlock();
  return { text: texts.join("\n\n"), toolCalls };
}

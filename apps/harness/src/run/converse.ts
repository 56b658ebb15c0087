import type { AgentEventBody, EndReason } from "../events/agent-event.ts";
import type { McpTools } from "../mcp/mcp-tools.ts";
import type { ToolResult } from "../mcp/tool-result.ts";
import type { AnsweredCall, Message, ToolCall } from "../messages.ts";
import type { Provider } from "../providers/provider.ts";
import { playTurn } from "./play-turn.ts";
import type { RunTotals } from "./run-totals.ts";
import { withEmitted } from "./with-emitted.ts";

interface Conversation {
  provider: Provider;
  tools: McpTools;
  prompt: string;
  maxTurns: number;
  signal: AbortSignal;
  /** Updated continuously, so that it is correct whenever the conversation ends. */
  totals: RunTotals;
}

/** The agent loop: runs a turn of the model and its tool calls, and repeats with their results. */
export async function* converse(conversation: Conversation): AsyncGenerator<AgentEventBody, EndReason> {
  const { provider, tools, prompt, maxTurns, signal, totals } = conversation;
  const messages: Message[] = [{ role: "user", text: prompt }];
  for (let turn = 1; turn <= maxTurns; turn++) {
    totals.turns = turn;
    yield { type: "turn-start", turn };
    signal.throwIfAborted();
    const reply = yield* playTurn(
      turn,
      provider.startTurn(messages, tools.tools, signal),
      tools.tools,
      totals,
    );
    messages.push({ role: "assistant", ...reply });
    // Run calls one after another, because calls of one turn may share a notebook or a GPU.
    const results: AnsweredCall[] = [];
    for (const call of reply.toolCalls) results.push(yield* answer(turn, call, tools, signal));
    yield { type: "turn-end", turn };
    if (results.length === 0) return "finished";
    messages.push({ role: "tool", results });
  }
  return "max-turns";
}

async function* answer(
  turn: number,
  call: ToolCall,
  tools: McpTools,
  signal: AbortSignal,
): AsyncGenerator<AgentEventBody, AnsweredCall> {
  const about = { turn, callId: call.id, tool: call.tool };
  yield { type: "tool-call", ...about, arguments: call.arguments };
  const started = performance.now();
  const result = yield* withEmitted<AgentEventBody, ToolResult>((emit) =>
    tools.call(call.tool, call.arguments, {
      signal,
      onProgress: (progress) => emit({ type: "tool-progress", ...about, ...progress }),
    }),
  );
  yield { type: "tool-result", ...about, ...result, durationMs: Math.round(performance.now() - started) };
  return { callId: call.id, tool: call.tool, ...result };
}

import { SeerError } from "@seer/config";
import type { AgentEvent, AgentEventBody, EndReason, RunFailure } from "../events/agent-event.ts";
import { McpTools } from "../mcp/mcp-tools.ts";
import { createProvider } from "../providers/create-provider.ts";
import { converse } from "./converse.ts";
import { parseRunOptions, type RunAgentOptions } from "./run-options.ts";
import { RunTotals } from "./run-totals.ts";

/**
 * Runs an agent until it has nothing more to do, and yields what happens.
 *
 * After `run-start` the last event is always `run-end`; an error is reported there and thrown as well, while an abort
 * just ends the run. What is wrong before it starts, such as a server that does not connect, is only thrown.
 * When the iteration ends, by itself or because its consumer leaves it, every server is disconnected or ended.
 */
export async function* runAgent(options: RunAgentOptions): AsyncGenerator<AgentEvent, void, undefined> {
  for await (const event of run(options)) yield { at: new Date().toISOString(), ...event };
}

async function* run(options: RunAgentOptions): AsyncGenerator<AgentEventBody, void> {
  const { prompt, prompts, mcpConfig, maxTurns, ...parsed } = parseRunOptions(options);
  const provider = await createProvider(parsed.provider, parsed.script);
  const model = parsed.model ?? provider.model;
  // Cancels the tool call in flight when the consumer leaves.
  const left = new AbortController();
  const signal = AbortSignal.any([left.signal, ...(parsed.signal === undefined ? [] : [parsed.signal])]);
  await using tools = await McpTools.connect(mcpConfig, { signal });
  using _leaving = { [Symbol.dispose]: () => left.abort() };

  const whole = [prompt, ...prompts].join("\n\n");
  yield {
    type: "run-start",
    provider: provider.name,
    ...(model === undefined ? {} : { model }),
    prompt: whole,
    servers: tools.servers,
    tools: tools.tools,
  };
  const started = performance.now();
  const totals = new RunTotals();
  const end = (reason: EndReason, error?: RunFailure): AgentEventBody => ({
    type: "run-end",
    reason,
    turns: totals.turns,
    usage: totals.usage,
    durationMs: Math.round(performance.now() - started),
    ...(error === undefined ? {} : { error }),
  });
  let reason: EndReason;
  try {
    reason = yield* converse({ provider, tools, prompt: whole, maxTurns, signal, totals });
  } catch (error) {
    if (!signal.aborted) {
      yield end("error", describeFailure(error));
      throw error;
    }
    reason = "aborted";
  }
  yield end(reason);
}

function describeFailure(error: unknown): RunFailure {
  if (SeerError.isInstance(error)) {
    const { code, message, hint } = error;
    return { code, message, ...(hint === undefined ? {} : { hint }) };
  }
  return { message: error instanceof Error ? error.message : String(error) };
}

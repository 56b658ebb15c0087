import { SeerError } from "@seer/config";
import type { AgentEvent, AgentEventBody, EndReason, RunFailure } from "../events/agent-event.ts";
import { McpTools } from "../mcp/mcp-tools.ts";
import { createProvider } from "../providers/create-provider.ts";
import { converse } from "./converse.ts";
import { parseRunOptions, type RunAgentOptions } from "./run-options.ts";
import { RunTotals } from "./run-totals.ts";

/**
 * Runs an agent until it has finished, and yields its events.
 *
 * After `run-start`, the last event is always `run-end`. An error is reported in it and also thrown; an abort only ends
 * the run. Errors before the start, such as a server that does not connect, are only thrown. When the iteration ends or
 * its consumer stops it, all servers are disconnected and their processes ended.
 */
export async function* runAgent(options: RunAgentOptions): AsyncGenerator<AgentEvent, void, undefined> {
  for await (const event of run(options)) yield { at: new Date().toISOString(), ...event };
}

async function* run(options: RunAgentOptions): AsyncGenerator<AgentEventBody, void> {
  const { prompt, prompts, mcpConfig, maxTurns, ...parsed } = parseRunOptions(options);
  const provider = await createProvider(parsed.provider, parsed.script);
  const model = parsed.model ?? provider.model;
  // Cancels the tool call in flight when the consumer stops iterating.
  const stopped = new AbortController();
  const signal = AbortSignal.any([stopped.signal, ...(parsed.signal === undefined ? [] : [parsed.signal])]);
  await using tools = await McpTools.connect(mcpConfig, { signal });
  using _leaving = { [Symbol.dispose]: () => stopped.abort() };

  const fullPrompt = [prompt, ...prompts].join("\n\n");
  yield {
    type: "run-start",
    provider: provider.name,
    ...(model === undefined ? {} : { model }),
    prompt: fullPrompt,
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
    reason = yield* converse({ provider, tools, prompt: fullPrompt, maxTurns, signal, totals });
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

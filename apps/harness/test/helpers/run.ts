import { existsSync, readFileSync } from "node:fs";
import { type AgentEvent, type RunAgentOptions, runAgent } from "../../src/index.ts";

type Of<Type extends AgentEvent["type"]> = Extract<AgentEvent, { type: Type }>;

/** Everything that happened in a run, also in one that failed. */
export async function record(options: RunAgentOptions): Promise<{ events: AgentEvent[]; error: unknown }> {
  const events: AgentEvent[] = [];
  try {
    for await (const event of runAgent(options)) events.push(event);
  } catch (error) {
    return { events, error };
  }
  return { events, error: undefined };
}

export function ofType<Type extends AgentEvent["type"]>(events: AgentEvent[], type: Type): Of<Type>[] {
  return events.filter((event): event is Of<Type> => event.type === type);
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // On Linux an ended process keeps its number until its parent asks.
  const status = `/proc/${pid}/status`;
  return !(existsSync(status) && /^State:\s+Z/m.test(readFileSync(status, "utf8")));
}

import type { ToolDefinition } from "../mcp/mcp-tools.ts";
import type { ToolImage } from "../mcp/tool-result.ts";
import type { Usage } from "../messages.ts";

/** Why a run ended. */
export type EndReason =
  /** The model had nothing more to do. */
  | "finished"
  /** It had, but `maxTurns` were over. */
  | "max-turns"
  | "aborted"
  | "error";

/** What broke a run. */
export interface RunFailure {
  /** The code of a SeerError. */
  code?: string;
  message: string;
  hint?: string;
}

/** What an event says, without when. */
export type AgentEventBody =
  /** Always first: what the agent was given. `tools` is all it has. */
  | {
      type: "run-start";
      provider: string;
      model?: string;
      /** The whole prompt, with what was appended to it. */
      prompt: string;
      servers: readonly string[];
      tools: readonly ToolDefinition[];
    }
  | { type: "turn-start"; turn: number }
  /** A piece of text as it comes in. */
  | { type: "text-delta"; turn: number; text: string }
  /** A whole block of text, after its deltas. */
  | { type: "text"; turn: number; text: string }
  /** What the model thought, as far as its provider shows it. */
  | { type: "reasoning"; turn: number; text: string }
  | { type: "tool-call"; turn: number; callId: string; tool: string; arguments: Record<string, unknown> }
  | {
      type: "tool-progress";
      turn: number;
      callId: string;
      tool: string;
      done: number;
      total?: number;
      message?: string;
    }
  | {
      type: "tool-result";
      turn: number;
      callId: string;
      tool: string;
      text: string;
      images: ToolImage[];
      /** The value that belongs to the tool's output schema. */
      structured?: Record<string, unknown>;
      isError: boolean;
      durationMs: number;
    }
  | { type: "usage"; turn: number; usage: Usage }
  | { type: "turn-end"; turn: number }
  /** Always last. */
  | {
      type: "run-end";
      reason: EndReason;
      turns: number;
      /** Of all turns together. */
      usage: Usage;
      durationMs: number;
      /** For the reason `error`; the run throws it, too. */
      error?: RunFailure;
    };

/** What happens in a run; `at` is the ISO 8601 time. Events are plain JSON, one line of a log each. */
export type AgentEvent = { at: string } & AgentEventBody;

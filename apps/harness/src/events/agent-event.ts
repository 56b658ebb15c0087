import type { ToolDefinition } from "../mcp/mcp-tools.ts";
import type { ToolImage } from "../mcp/tool-result.ts";
import type { Usage } from "../messages.ts";

/** Why a run ended. */
export type EndReason =
  /** The model has ended its work. */
  | "finished"
  /** `maxTurns` was reached. */
  | "max-turns"
  | "aborted"
  | "error";

/** The error that ended a run. */
export interface RunFailure {
  /** The code of a SeerError. */
  code?: string;
  message: string;
  hint?: string;
}

/** An event without its time. */
export type AgentEventBody =
  /** Always first: the input of the agent. `tools` has all of its tools. */
  | {
      type: "run-start";
      provider: string;
      model?: string;
      /** The complete prompt, including appended parts. */
      prompt: string;
      servers: readonly string[];
      tools: readonly ToolDefinition[];
    }
  | { type: "turn-start"; turn: number }
  /** A part of a text, as it arrives. */
  | { type: "text-delta"; turn: number; text: string }
  /** A complete block of text, after its deltas. */
  | { type: "text"; turn: number; text: string }
  /** The model's reasoning, if its provider exposes it. */
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
      /** The value for the tool's output schema. */
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
      /** The usage of all turns. */
      usage: Usage;
      durationMs: number;
      /** The error for the reason `error`; the run also throws it. */
      error?: RunFailure;
    };

/** An event of a run; `at` is the ISO 8601 time. Events are plain JSON, and each is one line of a log. */
export type AgentEvent = { at: string } & AgentEventBody;

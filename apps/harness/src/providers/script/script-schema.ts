import { z } from "zod";

const toolCallSchema = z.strictObject({
  /** `server.tool` or `mcp__server__tool`. */
  tool: z.string().regex(/^(mcp__.+__.+|[^.]+\..+)$/, "expected `server.tool` or `mcp__server__tool`"),
  arguments: z.record(z.string(), z.json()).default({}),
});

const expectationSchema = z.strictObject({
  /** Whether a call in the turn must fail. */
  isError: z.boolean().default(false),
  /** Texts that must occur in the results of the turn's calls. */
  contains: z.union([z.string(), z.array(z.string())]).default([]),
});

const turnSchema = z
  .strictObject({
    text: z.string().min(1).optional(),
    toolCalls: z.array(toolCallSchema).default([]),
    /** Expectations of the results of this turn's calls; if they are not met, the run ends with an error. */
    expect: expectationSchema.optional(),
  })
  .superRefine((turn, context) => {
    if (turn.text === undefined && turn.toolCalls.length === 0) {
      context.addIssue({ code: "custom", message: "is empty: give it `text` or `toolCalls`" });
    }
    if (turn.expect !== undefined && turn.toolCalls.length === 0) {
      context.addIssue({
        code: "custom",
        path: ["expect"],
        message: "needs `toolCalls`, but the turn has none",
      });
    }
  });

export const scriptSchema = z
  .array(turnSchema)
  .min(1, "expected at least one turn")
  .superRefine((turns, context) => {
    turns.slice(0, -1).forEach((turn, index) => {
      if (turn.toolCalls.length > 0) return;
      context.addIssue({
        code: "custom",
        path: [index],
        message: "has no `toolCalls`, which ends the run: only the last turn may have text alone",
      });
    });
  });

/** One turn of a script, before defaults are added. */
export type ScriptTurnInput = z.input<typeof turnSchema>;
/** One turn of a script, with defaults. */
export type ScriptTurn = z.output<typeof turnSchema>;

import { z } from "zod";

const cellErrorSchema = z.object({ type: z.string(), message: z.string(), traceback: z.string() });

/** What `seer_session` answers for a cell; null when the process has not been set up for this session. */
export const cellOutcomeSchema = z
  .object({
    result: z.string().nullable(),
    images: z.array(z.instanceof(Uint8Array)),
    error: cellErrorSchema.nullable(),
  })
  .nullable();

export type CellOutcome = z.output<typeof cellOutcomeSchema>;
export type CellError = z.output<typeof cellErrorSchema>;

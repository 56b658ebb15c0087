import { z } from "zod";
import type { WireError } from "../errors.ts";

export const callRecordSchema = z.object({
  id: z.string(),
  function: z.string(),
  state: z.enum(["waiting", "running", "done", "failed", "cancelled"]),
  /** How many calls must end before this one starts. */
  position: z.number(),
  /** The output from the requested offset; `next` is the offset after it. Undefined in lists. */
  output: z.object({ offset: z.number(), text: z.string(), next: z.number() }).optional(),
  progress: z
    .object({ done: z.number(), total: z.number().nullable(), message: z.string().nullable() })
    .nullable(),
  acceptedAt: z.string().optional(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  result: z.unknown().optional(),
  error: z.custom<WireError>().optional(),
});

/** A host's record of a call, whichever client made it. */
export type CallRecord = z.output<typeof callRecordSchema>;

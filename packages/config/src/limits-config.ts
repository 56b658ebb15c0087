import { z } from "zod";

/** Resource limits of a sandbox or session on this machine. */
export const limitsConfigSchema = z.strictObject({
  /** Memory of all its processes together, in MiB. @default 90 % of this machine's memory */
  memoryMiB: z.int().min(64).optional(),
  /** Number of processes and threads. @default 4096 */
  processes: z.int().min(16).optional(),
  /** Size of each file, and of each in-memory temporary directory, in MiB. @default no limit */
  diskMiB: z.int().min(1).optional(),
});

export type LimitsConfig = z.output<typeof limitsConfigSchema>;

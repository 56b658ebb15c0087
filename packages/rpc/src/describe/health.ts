import { z } from "zod";
import type { WireError } from "../errors.ts";

export const healthSchema = z.object({
  protocol: z.number(),
  name: z.string(),
  state: z.enum(["loading", "idle", "busy", "restarting", "failed", "dead", "stopped"]),
  /** Calls that are running, and that wait for their turn. */
  running: z.number(),
  waiting: z.number(),
  queueLimit: z.number(),
  /** How often the worker was restarted. */
  restarts: z.number(),
  /** Of the supervisor, and of the worker when there is one. */
  pid: z.number(),
  workerPid: z.number().nullable(),
  uptimeMs: z.number(),
  /** Why the file did not load, when `state` is `failed`. */
  error: z.custom<WireError>().optional(),
  /** What is reported of a start that a gateway waits for. */
  lines: z.array(z.string()).optional(),
});

/** How a host is. */
export type Health = z.output<typeof healthSchema>;
/**
 * `loading` until the file is loaded, then `idle` or `busy`; `failed` when it did not load; `stopped` when a gateway
 * will start the host at the next call.
 */
export type HostState = Health["state"];

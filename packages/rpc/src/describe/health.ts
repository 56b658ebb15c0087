import { z } from "zod";
import type { WireError } from "../errors.ts";

export const healthSchema = z.object({
  protocol: z.number(),
  name: z.string(),
  state: z.enum(["loading", "idle", "busy", "restarting", "failed", "dead", "stopped"]),
  /** The version of the file that is served; each reload or restart increases it. */
  revision: z.number().optional(),
  /** The numbers of running and of waiting calls. */
  running: z.number(),
  waiting: z.number(),
  queueLimit: z.number(),
  /** How often the worker was restarted. */
  restarts: z.number(),
  /** The PIDs of the supervisor, and of the worker if there is one. */
  pid: z.number(),
  workerPid: z.number().nullable(),
  uptimeMs: z.number(),
  /** Why the file could not be loaded, if `state` is `failed`. */
  error: z.custom<WireError>().optional(),
  /** The progress of a start that a gateway waits for. */
  lines: z.array(z.string()).optional(),
});

/** The state of a host. */
export type Health = z.output<typeof healthSchema>;
/**
 * `loading` until the file has loaded, then `idle` or `busy`; `failed` if it could not be loaded; `stopped` if a
 * gateway starts the host with the next call.
 */
export type HostState = Health["state"];

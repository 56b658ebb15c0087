import type { Progress } from "@seer/config";
import type { Workspace } from "@seer/workspace";
import { z } from "zod";

export const sessionOptionsSchema = z.strictObject({
  /** The directory in which the code runs; made when it is missing. */
  workspaceDir: z.string().min(1),
  /** What MCP clients call the session's server. */
  name: z.string().regex(/^[A-Za-z0-9_-]+$/, "expected letters, digits, `_` and `-`"),
  /** The Python interpreter; `$SEER_PYTHON`, or else `python3`, when absent. */
  python: z.string().min(1).optional(),
  /** Variables for the process, which gets none of this one's own beyond paths and language. */
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected a variable's name"), z.string())
    .default({}),
  /** Whether to hide everything but the workspace where bubblewrap works. */
  isolate: z.enum(["auto", "none"]).default("auto"),
});

export interface LocalSessionOptions extends z.input<typeof sessionOptionsSchema> {
  /** What to set the session up with. */
  workspace?: Workspace | undefined;
  /** Ends the start. */
  signal?: AbortSignal | undefined;
  onProgress?: Progress | undefined;
}

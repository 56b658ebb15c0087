/** The forms in which `seer serve` can provide an interface to agents. */
export const serveModes = ["library", "mcp", "prompt", "skill", "typescript"] as const;
export type ServeMode = (typeof serveModes)[number];

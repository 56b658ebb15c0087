/** The forms in which `seer serve` can hand over an interface. */
export const serveModes = ["library", "mcp", "prompt", "skill", "typescript"] as const;
export type ServeMode = (typeof serveModes)[number];

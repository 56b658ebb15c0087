import { HarnessError } from "../errors.ts";
import type { ToolDefinition } from "../mcp/mcp-tools.ts";

/** @throws HarnessError `harness/foreign-tools` if an engine has other tools than those it was given */
export function assertExactTools(given: readonly ToolDefinition[], names: readonly string[]): void {
  const has = new Set(names);
  const missing = given.map((tool) => tool.name).filter((name) => !has.delete(name));
  const foreign = [...has];
  if (missing.length === 0 && foreign.length === 0) return;
  const difference = [
    ...(foreign.length > 0 ? [`has ${foreign.join(", ")}, which it was not given`] : []),
    ...(missing.length > 0 ? [`lacks ${missing.join(", ")}`] : []),
  ];
  throw new HarnessError(
    "harness/foreign-tools",
    `The agent's tools differ from those of its servers: it ${difference.join("; it ")}`,
  );
}

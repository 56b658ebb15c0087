import { SeerError } from "@seer/config";
import type { WorkspaceErrorCode } from "../errors.ts";

const keywords = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from " +
    "global if import in is lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);

/**
 * Checks that `import NAME` is valid Python.
 *
 * @throws SeerError `workspace/invalid-library`
 */
export function checkPythonName(name: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !keywords.has(name)) return;
  const problem = keywords.has(name) ? "a Python keyword" : "not a Python identifier";
  throw new SeerError<WorkspaceErrorCode>(
    "workspace/invalid-library",
    `A library cannot be imported as ${JSON.stringify(name)}, which is ${problem}`,
    { hint: `Set another name, such as { name: "${suggestion(name)}" }.` },
  );
}

function suggestion(name: string): string {
  const letters = name.replaceAll(/[^A-Za-z0-9_]+/g, "_").replace(/^(?=[0-9])/, "_");
  return /^_*$/.test(letters) ? "tools" : `${letters}${keywords.has(letters) ? "_" : ""}`;
}

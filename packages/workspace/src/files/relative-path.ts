import { SeerError } from "@seer/config";
import type { WorkspaceErrorCode } from "../errors.ts";

/**
 * Checks that a relative path stays below its base directory, and returns it without a trailing slash.
 *
 * @throws SeerError `workspace/unsafe-path`
 */
export function checkRelativePath(path: string, owner: string): string {
  const parts = path.replace(/\/$/, "").split("/");
  const problem = problemWith(path, parts);
  if (problem !== undefined) {
    throw new SeerError<WorkspaceErrorCode>(
      "workspace/unsafe-path",
      `${owner} has a file at ${JSON.stringify(path)}, which ${problem}`,
      { hint: "Write a relative path such as `data/prompts.json`." },
    );
  }
  return parts.join("/");
}

function problemWith(path: string, parts: readonly string[]): string | undefined {
  if (path.startsWith("/")) return "is absolute";
  if (path.includes("\\") || path.includes("\0")) return "contains a backslash or a NUL character";
  if (parts.includes("..")) return "leads out of its directory";
  if (parts.some((part) => part === "" || part === ".")) return "has an empty part";
  return undefined;
}

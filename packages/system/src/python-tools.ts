import { join } from "node:path";
import { pythonSourceDirectory } from "@seer/config";

/** The directory with the Python package `seer_tools`. */
export function toolsDirectory(): string {
  return pythonSourceDirectory(import.meta.url, "seer_tools");
}

/** The path of one of the scripts in `seer_tools`. */
export function tool(name: string): string {
  return join(toolsDirectory(), "seer_tools", `${name}.py`);
}

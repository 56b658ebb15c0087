import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EnvironmentError } from "./errors.ts";

let found: string | undefined;

/** The directory with this package's Python: `seer_init` and `seer_tools`. */
export function pythonSource(): string {
  found ??= find(dirname(fileURLToPath(import.meta.url)));
  return found;
}

/** This file is bundled into `dist`, at a depth that is the bundler's business. */
function find(directory: string): string {
  const source = join(directory, "python", "src");
  if (existsSync(join(source, "seer_init", "__init__.py"))) return source;
  if (directory !== dirname(directory)) return find(dirname(directory));
  throw new EnvironmentError(
    "environment/start-failed",
    "The Python part of @seer/environment is not installed",
    {
      hint: "Install @seer/environment again, without filtering its files.",
    },
  );
}

/** A script that runs on the researcher's machine. */
export function tool(name: string): string {
  return join(pythonSource(), "seer_tools", `${name}.py`);
}

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SeerError } from "./errors.ts";

/**
 * Returns the directory in one of Seer's npm packages that contains the Python package `name`, for `PYTHONPATH`.
 *
 * @param moduleUrl The `import.meta.url` of any module in that npm package
 * @throws SeerError `config/incomplete-installation`
 */
export function pythonSourceDirectory(moduleUrl: string, name: string): string {
  const here = dirname(fileURLToPath(moduleUrl));
  for (let directory = here; ; directory = dirname(directory)) {
    const source = join(directory, "python", "src");
    if (existsSync(join(source, name, "__init__.py"))) return source;
    if (directory === dirname(directory)) break;
  }
  const message = `The Python package ${name} is missing from the installation at ${here}`;
  throw new SeerError("config/incomplete-installation", message, {
    hint: "Install the npm package again, without filtering its files.",
  });
}

import { stat } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { EnvironmentError } from "../errors.ts";
import type { InterfaceRecord } from "../runtime/sandbox-state.ts";

/**
 * Validates an interface's file and name, and returns the file's absolute path.
 *
 * @throws EnvironmentError `environment/interface-missing`, `environment/invalid-name` or `environment/name-taken`
 */
export async function checkInterface(
  file: string,
  name: string,
  served: readonly InterfaceRecord[],
): Promise<string> {
  const source = resolve(file);
  const found = await stat(source).catch(() => undefined);
  if (!found?.isFile()) {
    const problem = found === undefined ? "does not exist" : "is not a file";
    throw new EnvironmentError("environment/interface-missing", `The interface file ${source} ${problem}`, {
      hint: "Give the path of a Python file that marks functions with `@expose`.",
    });
  }
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new EnvironmentError(
      "environment/invalid-name",
      `An interface cannot be called ${JSON.stringify(name)}`,
      {
        hint: "Give it a `name` of letters, digits, `_` and `-`.",
      },
    );
  }
  const other = served.find((record) => record.name === name);
  if (other !== undefined) {
    throw new EnvironmentError("environment/name-taken", `${other.source} is already served as ${name}`, {
      hint: "Give this one another `name`. To reload an interface, or to use it in another form, serve the same file.",
    });
  }
  return source;
}

/** The chosen name, or the file's name without its extension. */
export function interfaceName(file: string, chosenName: string | undefined): string {
  return chosenName ?? basename(file, extname(file));
}

import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { RpcError } from "@seer/rpc";
import { EnvironmentError } from "../errors.ts";

/** Creates the error for an interface file that failed to load. `servesNow` says what is served instead. */
export function loadError(error: unknown, source: string, servesNow = ""): unknown {
  if (!RpcError.isInstance(error) || error.code !== "rpc/load-failed") return error;
  const text = error.traceback ?? error.message;
  return new EnvironmentError(
    "environment/interface-failed",
    `${basename(source)} failed to load${servesNow}:\n${text.trimEnd()}`,
    {
      hint: hintFor(`${error.message}\n${text}`, source) ?? error.hint,
      cause: error,
    },
  );
}

function hintFor(text: string, source: string): string | undefined {
  const module = /No module named '([\w.]+)'/.exec(text)?.[1]?.split(".")[0];
  if (module === undefined) return undefined;
  for (const file of [`${module}.py`, join(module, "__init__.py")]) {
    if (existsSync(join(dirname(source), file))) {
      return `${file} is next to your interface file: add it to \`localFiles\`, or call \`uploadFile\` before \`serve\`.`;
    }
  }
  return `If \`${module}\` is a package, add it to \`pythonPackages\`; if it is your own file, upload it.`;
}

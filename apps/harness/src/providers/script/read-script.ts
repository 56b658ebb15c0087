import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseConfig } from "@seer/config";
import { HarnessError } from "../../errors.ts";
import { type ScriptTurn, type ScriptTurnInput, scriptSchema } from "./script-schema.ts";

/** @throws HarnessError `harness/script-unreadable`, or SeerError `config/invalid`, which lists the invalid turns */
export async function readScript(script: string | URL | readonly ScriptTurnInput[]): Promise<ScriptTurn[]> {
  if (typeof script !== "string" && !(script instanceof URL))
    return parseConfig("script", scriptSchema, script);
  const file = script instanceof URL ? fileURLToPath(script) : script;
  let input: unknown;
  try {
    input = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    const why =
      cause instanceof SyntaxError
        ? `is not JSON: ${cause.message}`
        : `cannot be read: ${(cause as Error).message}`;
    throw new HarnessError("harness/script-unreadable", `The script ${file} ${why}`, { cause });
  }
  return parseConfig(`script ${file}`, scriptSchema, input);
}

import { SeerError } from "@seer/config";
import { style } from "./terminal/style.ts";

/** Writes an error to stderr: as text, or with `json` as one line `{"error": {code, message, hint}}`. */
export function reportError(error: unknown, { json }: { json: boolean }): void {
  if (json) {
    process.stderr.write(`${JSON.stringify({ error: errorFields(error) })}\n`);
    return;
  }
  const traceback = findTraceback(error);
  const paint = style(process.stderr);
  const message = messageOf(error);
  const [first = "", ...rest] = message.split("\n");
  const lines = [`${paint("red", "error:")} ${paint("bold", first)}`, ...rest];
  // Some messages already contain the traceback.
  if (traceback !== undefined && !message.includes(traceback.trimEnd())) {
    lines.push("", paint("dim", traceback.trimEnd()), "");
  }
  if (SeerError.isInstance(error)) {
    if (error.hint !== undefined) lines.push(`${paint("cyan", "hint:")} ${error.hint}`);
    lines.push(paint("dim", `code: ${error.code}`));
  } else if (error instanceof Error) {
    // For an unexpected error, print its stack, which a bug report needs.
    lines.push(paint("dim", error.stack?.replace(/^.*?\n(?= {4}at )/s, "") ?? ""));
  }
  process.stderr.write(`${lines.join("\n")}\n`);
}

/** The fields of an error for `--json`. */
export function errorFields(error: unknown) {
  const known = SeerError.isInstance(error);
  return {
    code: known ? error.code : "internal",
    message: messageOf(error),
    hint: (known ? error.hint : undefined) ?? null,
    traceback: findTraceback(error) ?? null,
  };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The messages of Python exceptions often make sense only with the type: `KeyError: 'layer'`.
  return "pythonType" in error ? `${error.pythonType}: ${error.message}` : error.message;
}

/** The Python traceback of an error or of one of its causes. */
function findTraceback(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ("traceback" in current && typeof current.traceback === "string" && current.traceback !== "") {
      return current.traceback;
    }
  }
  return undefined;
}

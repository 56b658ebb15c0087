import { SeerError } from "@seer/config";
import { style } from "./terminal/style.ts";

/** Writes an error to stderr: as one block to read, or with `json` as one line `{"error": {code, message, hint}}`. */
export function reportError(error: unknown, { json }: { json: boolean }): void {
  const traceback = findTraceback(error);
  if (json) {
    const known = SeerError.isInstance(error);
    const report = {
      code: known ? error.code : "internal",
      message: messageOf(error),
      hint: (known ? error.hint : undefined) ?? null,
      traceback: traceback ?? null,
    };
    process.stderr.write(`${JSON.stringify({ error: report })}\n`);
    return;
  }
  const paint = style(process.stderr);
  const message = messageOf(error);
  const [first = "", ...rest] = message.split("\n");
  const lines = [`${paint("red", "error:")} ${paint("bold", first)}`, ...rest];
  // Some messages quote it already.
  if (traceback !== undefined && !message.includes(traceback.trimEnd())) {
    lines.push("", paint("dim", traceback.trimEnd()), "");
  }
  if (SeerError.isInstance(error)) {
    if (error.hint !== undefined) lines.push(`${paint("cyan", "hint:")} ${error.hint}`);
    lines.push(paint("dim", `code: ${error.code}`));
  } else if (error instanceof Error) {
    // Not one of the errors that Seer foresees: its own stack is what a bug report needs.
    lines.push(paint("dim", error.stack?.replace(/^.*?\n(?= {4}at )/s, "") ?? ""));
  }
  process.stderr.write(`${lines.join("\n")}\n`);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Python's exceptions often say little without their type: `KeyError: 'layer'`.
  return "pythonType" in error ? `${error.pythonType}: ${error.message}` : error.message;
}

/** Python's traceback, which an error carries itself or is wrapped around. */
function findTraceback(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ("traceback" in current && typeof current.traceback === "string" && current.traceback !== "") {
      return current.traceback;
    }
  }
  return undefined;
}

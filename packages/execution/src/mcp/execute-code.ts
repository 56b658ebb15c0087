import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { ExecutionError } from "../errors.ts";
import { BoundedText } from "../run/bounded-text.ts";
import { heartbeat, type ToolCall } from "./heartbeat.ts";
import type { ServedSession } from "./served-session.ts";
import { shorten } from "./shorten.ts";

// About 20,000 tokens: clients cut longer results, at a place of their own choice.
const maxCharacters = 50_000;

/** Runs a cell for an agent and writes its outcome, good or bad, so that the agent can act on it. */
export async function executeCode(
  session: ServedSession,
  code: string,
  timeoutMs: number,
  call: ToolCall,
): Promise<CallToolResult> {
  const printed = new BoundedText();
  let lastLine = "";
  const onOutput = (text: string) => {
    printed.append(text);
    lastLine =
      text
        .trimEnd()
        .split(/[\r\n]/)
        .at(-1) || lastLine;
  };
  using _ = heartbeat(call, () => (lastLine === "" ? "" : `: ${lastLine.slice(-200)}`));
  try {
    const { result, images } = await session.exec(code, { timeoutMs, signal: call.signal, onOutput });
    const text = joinLines(printed.toString(), result ?? "");
    return await toolResult(session, text || (images.length > 0 ? "" : "(no output)"), images);
  } catch (error) {
    if (!ExecutionError.isInstance(error)) throw error;
    const text = joinLines(
      printed.toString(),
      error.traceback ?? [error.message, error.hint ?? ""].join("\n"),
    );
    return { ...(await toolResult(session, text, error.output.images)), isError: true };
  }
}

async function toolResult(
  session: ServedSession,
  text: string,
  images: readonly Uint8Array[],
): Promise<CallToolResult> {
  const content: CallToolResult["content"] = [];
  if (text !== "") content.push({ type: "text", text: await fitting(session, text) });
  for (const image of images) {
    content.push({ type: "image", mimeType: "image/png", data: Buffer.from(image).toString("base64") });
  }
  return { content };
}

async function fitting(session: ServedSession, text: string): Promise<string> {
  if (text.length <= maxCharacters) return text;
  const path = await session.saveOutput(text);
  const note = (leftOut: number) =>
    `[... ${leftOut} of ${text.length} characters left out; the whole output is in ${path} ...]`;
  return shorten(text, maxCharacters, note);
}

function joinLines(...parts: string[]): string {
  return parts
    .map((part) => part.trimEnd())
    .filter((part) => part !== "")
    .join("\n");
}

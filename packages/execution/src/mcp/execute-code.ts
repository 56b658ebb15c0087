import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { BoundedText, shorten } from "@seer/config";
import type { Picture } from "@seer/rpc";
import { ExecutionError } from "../errors.ts";
import { heartbeat, type ToolCall } from "./heartbeat.ts";
import type { ServedSession } from "./session-server.ts";

// About 20,000 tokens. Clients truncate longer results themselves.
const maxCharacters = 50_000;

/** Runs a cell for an agent, and returns the output, result or error as a tool result. */
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
    // The traceback already contains the message.
    const reason = error.code === "execution/python-error" ? [] : [error.message, error.hint ?? ""];
    const text = joinLines(printed.toString(), error.traceback ?? "", ...reason);
    return { ...(await toolResult(session, text, error.output.images)), isError: true };
  }
}

async function toolResult(
  session: ServedSession,
  text: string,
  images: readonly Picture[],
): Promise<CallToolResult> {
  const content: CallToolResult["content"] = [];
  if (text !== "") content.push({ type: "text", text: await maskAndShorten(session, text) });
  for (const image of images) {
    const data = Buffer.from(image);
    // Models accept no SVG images, but can read the source.
    if (image.mediaType === "image/svg+xml") {
      content.push({ type: "text", text: await maskAndShorten(session, data.toString()) });
    } else content.push({ type: "image", mimeType: image.mediaType, data: data.toString("base64") });
  }
  return { content };
}

async function maskAndShorten(session: ServedSession, output: string): Promise<string> {
  // Masked again as a whole, because a secret may have been printed in pieces.
  const text = session.mask(output);
  if (text.length <= maxCharacters) return text;
  const path = await session.saveOutput(text);
  const note = (omitted: number) =>
    `[... ${omitted} of ${text.length} characters omitted; the full output is in ${path} ...]`;
  return shorten(text, maxCharacters, note);
}

function joinLines(...parts: string[]): string {
  return parts
    .map((part) => part.trimEnd())
    .filter((part) => part !== "")
    .join("\n");
}

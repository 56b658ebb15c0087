import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/sdk/types.js";

/** An image that a tool returned. */
export interface ToolImage {
  mimeType: string;
  /** base64 */
  data: string;
}

/** The result of a tool, whether it succeeded or not. */
export interface ToolResult {
  /** All text in the result. */
  text: string;
  images: ToolImage[];
  /** The value for the tool's output schema. */
  structured?: Record<string, unknown>;
  isError: boolean;
}

/** A result that describes an error. */
export function errorResult(text: string): ToolResult {
  return { text, images: [], isError: true };
}

export function readToolResult(result: CallToolResult): ToolResult {
  const images: ToolImage[] = [];
  const texts: string[] = [];
  for (const block of result.content) {
    const image = imageOf(block);
    if (image === undefined) texts.push(textOf(block));
    else images.push(image);
  }
  const structured = result.structuredContent;
  if (result.content.length === 0 && structured !== undefined) texts.push(JSON.stringify(structured));
  return {
    text: texts.join("\n"),
    images,
    ...(structured === undefined ? {} : { structured }),
    isError: result.isError ?? false,
  };
}

function imageOf(block: ContentBlock): ToolImage | undefined {
  if (block.type === "image") return { mimeType: block.mimeType, data: block.data };
  if (block.type !== "resource" || !("blob" in block.resource)) return undefined;
  const { mimeType = "", blob } = block.resource;
  return mimeType.startsWith("image/") ? { mimeType, data: blob } : undefined;
}

function textOf(block: ContentBlock): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "resource":
      return "text" in block.resource ? block.resource.text : `[resource ${block.resource.uri}]`;
    case "resource_link":
      return `[resource ${block.name}: ${block.uri}]`;
    default:
      return `[${block.type}]`;
  }
}

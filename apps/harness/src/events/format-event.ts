import util, { stripVTControlCharacters } from "node:util";
import type { AgentEvent } from "./agent-event.ts";
import { clip, indent, wrap } from "./text-layout.ts";

export interface FormatOptions {
  /** @default the terminal's width, or 80 */
  width?: number | undefined;
  /** How many lines of a tool's result to show. @default 12 */
  resultLines?: number | undefined;
}

/** Formats an event for a terminal, with a final newline; empty for events that only programs need. */
export function formatEvent(event: AgentEvent, options: FormatOptions = {}): string {
  const width = Math.max(20, options.width ?? process.stdout.columns ?? 80);
  const text = format(event, width, options.resultLines ?? 12);
  return text === "" ? "" : `${text}\n`;
}

function format(event: AgentEvent, width: number, resultLines: number): string {
  switch (event.type) {
    case "run-start":
      return formatStart(event, width);
    case "text":
      return `\n${wrap(clean(event.text), width)}`;
    case "reasoning":
      return dim(`\n${wrap(clean(event.text), width)}`);
    case "tool-call":
      return formatCall(event, width);
    case "tool-progress":
      return dim(`  … ${progressText(event)}`);
    case "tool-result":
      return formatResult(event, width, resultLines);
    case "run-end":
      return formatEnd(event, width);
    case "turn-start":
    case "turn-end":
    case "text-delta":
    case "usage":
      return "";
  }
}

type Of<Type extends AgentEvent["type"]> = Extract<AgentEvent, { type: Type }>;

function formatStart({ provider, model, servers, tools }: Of<"run-start">, width: number): string {
  const who = model === undefined ? provider : `${provider} (${model})`;
  const lists = servers.map((server) => {
    const names = tools.filter((tool) => tool.server === server).map((tool) => tool.tool);
    return wrap(`${server}: ${names.join(", ") || "no tools"}`, width, "  ");
  });
  return [bold(`${who} with ${count(tools.length, "tool")}`), ...lists].join("\n");
}

function formatCall(event: Of<"tool-call">, width: number): string {
  const entries = Object.entries(event.arguments);
  const name = `\n${cyan("▶")} ${bold(shortName(event.tool))}`;
  const oneLine = entries.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(", ");
  if (!oneLine.includes("\\n") && event.tool.length + oneLine.length + 4 <= width)
    return `${name}(${oneLine})`;
  const blocks = entries.map(([key, value]) => {
    if (typeof value === "string" && value.includes("\n"))
      return `  ${dim(`${key}:`)}\n${indent(clean(value.trimEnd()), "    ")}`;
    return clip(`  ${key}: ${JSON.stringify(value)}`, width);
  });
  return [name, ...blocks].join("\n");
}

function formatResult(event: Of<"tool-result">, width: number, resultLines: number): string {
  const took = duration(event.durationMs);
  const head = event.isError ? red(`✗ failed after ${took}`) : dim(`◀ ${took}`);
  const lines = clean(event.text).trimEnd().split("\n");
  // The most useful part is the end of an error, but the beginning of a result.
  const shown = event.isError ? lines.slice(-resultLines) : lines.slice(0, resultLines);
  const rest = lines.length - shown.length;
  const more = rest > 0 ? [dim(`  … ${count(rest, "more line")}`)] : [];
  const body = shown
    .filter((line, index) => line !== "" || index > 0)
    .map((line) => clip(`  ${line}`, width));
  const images = event.images.map(
    ({ mimeType, data }) => `  [${mimeType}, ${Math.ceil((data.length * 3) / 4 / 1024)} KiB]`,
  );
  return [head, ...(event.isError ? [...more, ...body] : [...body, ...more]), ...images].join("\n");
}

function formatEnd(event: Of<"run-end">, width: number): string {
  const { reason, turns, durationMs, usage, error } = event;
  const tokens = usage.inputTokens + usage.outputTokens;
  const used = [
    count(turns, "turn"),
    ...(tokens > 0 ? [count(tokens, "token")] : []),
    duration(durationMs),
  ].join(", ");
  const head = reason === "finished" ? green(`✓ finished: ${used}`) : red(`✗ ${reason}: ${used}`);
  if (error === undefined) return `\n${head}`;
  const hint = error.hint === undefined ? [] : [indent(wrap(error.hint, width - 2), "  ")];
  return [`\n${head}`, indent(error.message, "  "), ...hint].join("\n");
}

function progressText({ done, total, message }: Of<"tool-progress">): string {
  const amount = total === undefined ? String(done) : `${done}/${total}`;
  return message === undefined ? amount : `${amount} ${clean(message)}`;
}

/** Shortens `mcp__model_tools__get_embedding` to `model_tools.get_embedding`. */
function shortName(tool: string): string {
  return tool.replace(/^mcp__(.+?)__/, "$1.");
}

/** Removes control sequences from the text of a model or a tool, which could move the cursor or change colours. */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this removes them
  return stripVTControlCharacters(text).replaceAll(/[\x00-\x08\x0b-\x1f\x7f]/g, "");
}

function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}

// Not imported by name, because linking would fail in Node 18 before its version is checked.
const bold = (text: string) => util.styleText("bold", text);
const dim = (text: string) => util.styleText("dim", text);
const cyan = (text: string) => util.styleText("cyan", text);
const green = (text: string) => util.styleText("green", text);
const red = (text: string) => util.styleText("red", text);

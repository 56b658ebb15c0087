import { nearest } from "@seer/config";
import { HarnessError } from "../../errors.ts";
import type { ToolDefinition } from "../../mcp/mcp-tools.ts";
import type { AnsweredCall, Message } from "../../messages.ts";
import type { Provider, ProviderEvent } from "../provider.ts";
import type { ScriptTurn } from "./script-schema.ts";

/** A provider that replays scripted turns instead of calling a model. */
export class ScriptProvider implements Provider {
  readonly name = "script";
  readonly #turns: readonly ScriptTurn[];
  #played = 0;

  constructor(turns: readonly ScriptTurn[]) {
    this.#turns = turns;
  }

  async *startTurn(
    messages: readonly Message[],
    tools: readonly ToolDefinition[],
  ): AsyncIterable<ProviderEvent> {
    // Check the tool names of all turns first, so that a typing error is found before the run starts.
    if (this.#played === 0) {
      for (const { toolCalls } of this.#turns) for (const call of toolCalls) resolveTool(call.tool, tools);
    }
    const last = messages.at(-1);
    if (last?.role === "tool") this.#compare(last.results);

    const turn = this.#turns[this.#played++];
    if (turn === undefined) return;
    if (turn.text !== undefined) yield { type: "text-delta", text: turn.text };
    for (const [index, call] of turn.toolCalls.entries()) {
      const id = `call-${this.#played}-${index + 1}`;
      yield { type: "tool-call", id, tool: resolveTool(call.tool, tools), arguments: call.arguments };
    }
  }

  #compare(results: readonly AnsweredCall[]): void {
    const expected = this.#turns[this.#played - 1]?.expect;
    if (expected === undefined) return;
    const answers = results.map((result) => `${result.tool} answered:\n${result.text}`).join("\n");
    const fail = (what: string) => {
      throw new HarnessError(
        "harness/script-expectation",
        `Turn ${this.#played} of the script ${what}\n${answers}`,
      );
    };
    if (results.some((result) => result.isError) !== expected.isError) {
      fail(expected.isError ? "expected a call to fail, but none did." : "expected no call to fail.");
    }
    for (const text of [expected.contains].flat()) {
      if (!results.some((result) => result.text.includes(text))) {
        fail(`expected ${JSON.stringify(text)} in a result, but no result contains it.`);
      }
    }
  }
}

function resolveTool(requested: string, tools: readonly ToolDefinition[]): string {
  const displayName = (tool: ToolDefinition) =>
    requested.startsWith("mcp__") ? tool.name : `${tool.server}.${tool.tool}`;
  const found = tools.find((tool) => displayName(tool) === requested);
  if (found !== undefined) return found.name;
  const known = tools.map(displayName);
  const closest = nearest(requested, known);
  throw new HarnessError(
    "harness/unknown-tool",
    `The script calls \`${requested}\`, but no server has this tool`,
    {
      hint:
        closest === undefined
          ? `Available tools: ${known.join(", ") || "none"}.`
          : `Did you mean \`${closest}\`?`,
    },
  );
}

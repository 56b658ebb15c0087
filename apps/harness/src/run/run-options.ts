import { type McpConfig, parseConfig } from "@seer/config";
import { z } from "zod";
import { type ProviderName, providerNames } from "../providers/create-provider.ts";
import type { Provider } from "../providers/provider.ts";
import type { ScriptTurnInput } from "../providers/script/script-schema.ts";

const runOptionsSchema = z.strictObject({
  /** The task. */
  prompt: z.string().min(1, "expected a task for the agent"),
  /** Appended to the prompt, such as what `serve` returns with `exposeAs: "prompt"`. */
  prompts: z.array(z.string()).default([]),
  /** The servers whose tools the agent gets, and no others. */
  mcpConfig: z.custom<McpConfig | readonly McpConfig[]>().default({}),
  /** The provider of the model's turns: the name of a built-in one, or your own. */
  provider: z.custom<ProviderName | Provider>(
    isProvider,
    `expected ${providerNames.map((name) => `"${name}"`).join(", ")} or an object with a \`startTurn\` method`,
  ),
  model: z.string().min(1).optional(),
  /** For the provider `script`: the turns, or a JSON file with them. */
  script: z.custom<string | URL | readonly ScriptTurnInput[]>().optional(),
  /** Ends the run, and cancels the tool call in flight. */
  signal: z.instanceof(AbortSignal).optional(),
  /** The maximum number of turns. */
  maxTurns: z.int().min(1).default(100),
});

/** The options of `runAgent`. */
export type RunAgentOptions = z.input<typeof runOptionsSchema>;

/** @throws SeerError `config/invalid` */
export function parseRunOptions(options: RunAgentOptions): z.output<typeof runOptionsSchema> {
  return parseConfig("runAgent", runOptionsSchema, options);
}

function isProvider(value: unknown): boolean {
  if (typeof value === "string") return (providerNames as readonly string[]).includes(value);
  return typeof value === "object" && value !== null && "startTurn" in value;
}

import { environmentVariables } from "@seer/config";
import type { ServedInterface } from "@seer/rpc";
import { readInterface } from "../interface/read-interface.ts";
import { interfaceDocs } from "../markdown/interface-docs.ts";
import { PythonNames } from "../python/names.ts";
import { usage } from "./usage.ts";

export interface PromptOptions {
  /**
   * How the agent gets the token: written into the prompt, or from `SEER_RPC_TOKEN` in the environment of what the
   * agent runs, which the caller must set there. A prompt ends up in transcripts and at a model's provider; the token
   * can only call these functions, and only while they are served.
   *
   * @default "inline"
   */
  token?: "inline" | "environment" | undefined;
}

/** A served interface as markdown for a prompt: what its functions are, and how an agent that runs code calls them. */
export function toPrompt(served: ServedInterface, { token = "inline" }: PromptOptions = {}): string {
  const read = readInterface(served.name, served.description);
  const parts = [
    `# ${served.name}`,
    "These Python functions run in a sandbox. They keep their state from one call to the next.",
    interfaceDocs(read, new PythonNames({ functions: [], types: read.types })),
    "## How to call them",
    usage(
      read,
      served.url,
      token === "inline" ? { text: served.token } : { variable: environmentVariables.rpcToken },
    ),
  ];
  return `${parts.join("\n\n")}\n`;
}

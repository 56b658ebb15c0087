import { environmentVariables } from "@seer/config";
import type { ServedInterface } from "@seer/rpc";
import { readInterface } from "../interface/read-interface.ts";
import { interfaceDocs } from "../markdown/interface-docs.ts";
import { PythonNames } from "../python/names.ts";
import { usage } from "./usage.ts";

export interface PromptOptions {
  /**
   * How the agent gets the token: in the prompt, or from the variable `SEER_RPC_TOKEN`, which the caller must set for the
   * programs that the agent runs. A prompt is sent to a model's provider and stored in transcripts; the token only allows
   * calling these functions while they are served.
   *
   * @default "inline"
   */
  token?: "inline" | "environment" | undefined;
}

/** A served interface as markdown for a prompt: its functions, and how an agent that runs code calls them. */
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

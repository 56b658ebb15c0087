import { readFile } from "node:fs/promises";
import type { ScriptTurnInput } from "@seer/harness";

const words = "cheese bridge sang tall duck quickly anna field white baker chased under soup";
const python = (name: string) => readFile(new URL(`agent/${name}`, import.meta.url), "utf8");

/** The turns of an agent that needs no key: they go the same way as a model's would. */
export const turns: ScriptTurnInput[] = [
  {
    text: "`model_tools` is here twice: as tools, and as a library to import next to `helpers`. First, what is this model?",
    toolCalls: [{ tool: "model_tools.get_model_info" }],
    expect: { contains: "num_layers" },
  },
  {
    text: "Eight heads and no MLP. If a head does induction, it shows on random words that are said twice.",
    toolCalls: [{ tool: "model_tools.head_scores", arguments: { text: `${words} ${words}` } }],
    expect: { contains: "strongest" },
  },
  {
    text: "A head of the last layer stands out. I draw where it looks, and see whether the model copies.",
    toolCalls: [{ tool: "session.execute_code", arguments: { code: await python("draw.py") } }],
    expect: { contains: "chased a mouse" },
  },
  {
    text: "That is induction. I write it down.",
    toolCalls: [{ tool: "session.execute_code", arguments: { code: await python("summarise.py") } }],
    expect: { contains: "It does induction" },
  },
  { text: "The summary is in `summary.md`, the pictures are `attention.png` and `heads.png`." },
];

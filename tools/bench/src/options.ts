import { parseArgs } from "node:util";

const callGroups = ["calls", "throughput", "arrays", "sleeps", "health", "tunnel"] as const;
const groups = [...callGroups, "start", "sandboxes"] as const;
export type Group = (typeof groups)[number];

export interface Options {
  groups: Group[];
  rounds: number;
  json: string | undefined;
  /** Ray Serve too, which takes a minute to install and much memory to run. */
  all: boolean;
  /** Contestants to compare with, besides the raw limit; everything when empty. */
  only: string[];
}

export const usage = `pnpm bench [GROUP…] [--rounds N] [--json FILE] [--all] [--only NAME,…]

groups: ${groups.join(", ")}; rpc is all of them but start and sandboxes. Without a group, all of them.
--rounds N     how often everything takes its turn (default 25)
--json FILE    writes every figure, and the machine's description, to FILE
--all          compares with Ray Serve too, which is large and slow to start
--only NAME,…  compares just these with the raw limit, such as seer,pyro5
`;

/** @throws TypeError when an argument is not known */
export function parseOptions(args: string[]): Options | "help" {
  const { values, positionals } = parseArgs({
    // pnpm hands the `--` of `pnpm bench -- GROUP` on.
    args: args.filter((arg) => arg !== "--"),
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "25" },
      json: { type: "string" },
      all: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new TypeError(`--rounds ${values.rounds} is not a whole number from 1`);
  return {
    groups: positionals.length === 0 ? [...groups] : positionals.flatMap(parseGroup),
    rounds,
    json: values.json,
    all: values.all,
    only: values.only.toLowerCase().split(",").filter(Boolean),
  };
}

function parseGroup(name: string): readonly Group[] {
  if (name === "rpc") return callGroups;
  const group = groups.find((group) => group === name);
  if (group === undefined)
    throw new TypeError(`There is no group ${name}; there are ${groups.join(", ")} and rpc`);
  return [group];
}

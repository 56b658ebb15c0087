import { EnvironmentError, type EnvironmentErrorCode } from "../errors.ts";
import type { FetchErrorCode, FetchFailure } from "./fetch-lines.ts";

/** The error for a failed download, with its remedy. */
export function fetchError(
  model: string,
  { code, message, nearest = [] }: Omit<FetchFailure, "type">,
): EnvironmentError {
  const [environmentCode, remedy] = meanings[code](`${endpoint()}/${model}`);
  const hint = nearest.length === 0 ? remedy : `Did you mean ${nearest.join(", ")}? ${remedy}`;
  return new EnvironmentError(environmentCode, message, { hint });
}

function endpoint(): string {
  return (process.env.HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, "");
}

const token = '`secrets: ["HF_TOKEN"]` or `hf auth login`';

const unavailable = (hint: string): Meaning => ["environment/model-unavailable", hint];

type Meaning = readonly [code: EnvironmentErrorCode, hint: string];

const meanings: Readonly<Record<FetchErrorCode, (page: string) => Meaning>> = {
  "not-found": (page) =>
    unavailable(
      `Check the id at ${page}. A private model needs a token: ${token}. A directory begins with \`./\`, \`/\` or \`~/\`.`,
    ),
  gated: (page) => [
    "environment/model-gated",
    `Accept its licence at ${page}, then give the token of that account: ${token}.`,
  ],
  unauthorized: () => unavailable("Renew HF_TOKEN, or run `hf auth login` again."),
  revision: (page) => unavailable(`Its branches, tags and commits are at ${page}/tree/main.`),
  unreachable: () =>
    unavailable(
      "Check the network, HF_ENDPOINT and the proxy. Models that are complete in the cache can be used offline.",
    ),
  incomplete: () =>
    unavailable("Start once with the network; files that are complete will not be downloaded again."),
  interrupted: () => unavailable("Start again: files that are complete are kept."),
  "disk-full": () => [
    "environment/disk-full",
    "Free some space (`hf cache ls` lists the cache), or set HF_HOME to another disk.",
  ],
  "is-adapter": () =>
    unavailable("Add `isPeft: true`, and its base in `baseModel` if its config does not name it."),
  "not-adapter": () => unavailable("Remove `isPeft`."),
  invalid: () =>
    unavailable("A hub id looks like `google/gemma-2-9b`; a directory begins with `./`, `/` or `~/`."),
  "no-client": () =>
    unavailable(
      "Set SEER_PYTHON to a Python that has huggingface_hub, or give Seer access to the package index.",
    ),
  failed: () => unavailable("Start again: files that are complete are kept."),
};

import { environmentVariables } from "@seer/config";
import type { ServedInterface } from "@seer/rpc";
import { CliError } from "../errors.ts";
import { findSandbox } from "./find-sandbox.ts";

/** Where to call a function, for what the user named: a URL, a sandbox, or an interface. */
export async function findEndpoint(target: string, fn: string): Promise<{ url: string; token: string }> {
  if (/^https?:\/\//.test(target)) return { url: target, token: tokenFromEnvironment() };
  const { ScopedSandbox } = await import("@seer/environment");
  const { sandboxId } = await findSandbox(target);
  const { served } = await ScopedSandbox.fromId(sandboxId);
  const candidates = served.filter(({ name }) => name === target);
  return pick(candidates.length > 0 ? candidates : served, target, fn);
}

function pick(served: readonly ServedInterface[], target: string, fn: string): ServedInterface {
  const [only, ...others] = served;
  if (only === undefined) throw new CliError("cli/target", `The sandbox ${target} serves nothing`);
  if (others.length === 0) return only;
  // A name that no interface has is reported by the host, which knows the nearest.
  const having = served.filter(({ description }) => description.functions.some(({ name }) => name === fn));
  if (having.length <= 1) return having[0] ?? only;
  const names = having.map(({ name }) => name).join(", ");
  throw new CliError("cli/target", `${fn} is served by ${names}`, {
    hint: "Name the interface instead of the sandbox.",
  });
}

function tokenFromEnvironment(): string {
  const token = process.env[environmentVariables.rpcToken];
  if (token !== undefined && token !== "") return token;
  throw new CliError("cli/usage", "A URL needs a token, and SEER_RPC_TOKEN is not set", {
    hint: "`seer serve --json` prints it. It is read from the environment so that it does not show in a process list.",
  });
}

import { environmentVariables } from "@seer/config";
import type { InterfaceDescription, ServedInterface } from "@seer/rpc";
import { CliError } from "../errors.ts";

/** Where to call, and what there is, when that is known already. */
interface Endpoint {
  url: string;
  token: string;
  description?: InterfaceDescription;
}

/** Where to call a function, for what the user named: a URL, a sandbox, or an interface. */
export async function findEndpoint(target: string, fn: string): Promise<Endpoint> {
  if (/^https?:\/\//.test(target)) return { url: target, token: tokenFromEnvironment() };
  const { ScopedSandbox } = await import("@seer/environment");
  const { findSandbox } = await import("./find-sandbox.ts");
  const { id } = await findSandbox(target);
  await using sandbox = await ScopedSandbox.fromId(id);
  return pick(sandbox.served, target, fn);
}

function pick(served: readonly ServedInterface[], target: string, fn: string): ServedInterface {
  const named = served.find(({ name }) => name === target);
  const [first, ...others] = served;
  if (first === undefined) throw new CliError("cli/target", `The sandbox ${target} serves nothing`);
  if (named !== undefined || others.length === 0) return named ?? first;
  // A name that no interface has is reported by the host, which knows the nearest.
  const having = served.filter(({ description }) => description.functions.some(({ name }) => name === fn));
  if (having.length <= 1) return having[0] ?? first;
  const names = having.map(({ name }) => name).join(", ");
  throw new CliError("cli/target", `${target} serves ${fn} in several interfaces: ${names}`, {
    hint: "Name one of them instead of the sandbox.",
  });
}

function tokenFromEnvironment(): string {
  const token = process.env[environmentVariables.rpcToken];
  if (token !== undefined && token !== "") return token;
  throw new CliError("cli/usage", "A URL needs a token, and SEER_RPC_TOKEN is not set", {
    hint: "`seer serve --json` prints it. An option would show it in the list of processes.",
  });
}

import { environmentVariables } from "@seer/config";
import type { InterfaceDescription, ServedInterface } from "@seer/rpc";
import { CliError } from "../errors.ts";
import type { StatusLine } from "../terminal/status-line.ts";

/** The address of an interface, and its description if it is known already. */
interface Endpoint {
  url: string;
  token: string;
  description?: InterfaceDescription;
}

/** Finds the endpoint for a URL, a sandbox or an interface. Waits until the interface has loaded. */
export async function findEndpoint(
  target: string,
  fn: string,
  { status, signal }: { status: StatusLine; signal: AbortSignal },
): Promise<Endpoint> {
  if (/^https?:\/\//.test(target)) return { url: target, token: tokenFromEnvironment() };
  const { ScopedSandbox } = await import("@seer/environment");
  const { waitForSandbox } = await import("./wait-for-sandbox.ts");
  const { id } = await waitForSandbox(target, { status, signal });
  await using sandbox = await ScopedSandbox.fromId(id);
  return pick(sandbox.served, target, fn);
}

function pick(served: readonly ServedInterface[], target: string, fn: string): ServedInterface {
  const named = served.find(({ name }) => name === target);
  const [first, ...others] = served;
  if (first === undefined) throw new CliError("cli/target", `The sandbox ${target} serves nothing`);
  if (named !== undefined || others.length === 0) return named ?? first;
  // If no interface has the function, the host reports the error, with the closest name.
  const having = served.filter(({ description }) => description.functions.some(({ name }) => name === fn));
  if (having.length <= 1) return having[0] ?? first;
  const names = having.map(({ name }) => name).join(", ");
  throw new CliError("cli/target", `${target} serves ${fn} in several interfaces: ${names}`, {
    hint: "Give the name of one of them instead of the sandbox.",
  });
}

function tokenFromEnvironment(): string {
  const token = process.env[environmentVariables.rpcToken];
  if (token !== undefined && token !== "") return token;
  throw new CliError("cli/usage", "A URL needs a token, and SEER_RPC_TOKEN is not set", {
    hint: "`seer serve --json` prints it. There is no option for it, because other users can see a process's arguments.",
  });
}

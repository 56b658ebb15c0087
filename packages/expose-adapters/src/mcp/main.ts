import { parseArgs } from "node:util";
import { environmentVariables, SeerError } from "@seer/config";
import { RpcClient } from "@seer/rpc";
import { serveStdio } from "./serve-stdio.ts";

const { values } = parseArgs({ options: { name: { type: "string", default: "seer" } } });
const ended = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.abort());

try {
  const { signal } = ended;
  const url = variable(environmentVariables.rpcUrl);
  const token = variable(environmentVariables.rpcToken);
  await using client = await RpcClient.connect({ url, token, signal });
  await serveStdio(client, values.name, { signal });
} catch (error) {
  // Standard output is reserved for the protocol.
  console.error(error instanceof Error ? error.message : error);
  if (SeerError.isInstance(error) && error.hint !== undefined) console.error(error.hint);
  process.exitCode = 1;
}
// Otherwise standard input would keep the process alive.
process.exit();

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(`${name} is not set; it is needed to find the served interface`);
  }
  return value;
}

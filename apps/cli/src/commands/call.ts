import { RpcClient } from "@seer/rpc";
import { CliError } from "../errors.ts";
import { findEndpoint } from "../targets/find-endpoint.ts";
import { toJson } from "../terminal/print-value.ts";

/** `seer call`: the result goes to stdout, what the function prints to stderr as it prints it. */
export async function call(
  target: string,
  fn: string,
  options: { args: string },
  signal: AbortSignal,
): Promise<void> {
  const args = parseArguments(options.args);
  const { url, token, description } = await findEndpoint(target, fn);
  await using client = await RpcClient.connect({ url, token, signal });
  const watch = { signal, onOutput: (text: string) => void process.stderr.write(text) };
  const { functions } = description ?? (await client.describe({ signal }));
  if (functions.find(({ name }) => name === fn)?.stream) {
    for await (const item of client.stream(fn, args, watch)) console.log(toJson(item));
    return;
  }
  // One line for programs, several for people.
  console.log(toJson(await client.call(fn, args, watch), process.stdout.isTTY ? 2 : undefined));
}

function parseArguments(text: string): Record<string, unknown> | unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CliError("cli/usage", `--args is not JSON: ${(cause as Error).message}`, {
      cause,
      hint: `Quote it for your shell, such as --args '{"text": "hello"}'.`,
    });
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown> | unknown[];
  throw new CliError("cli/usage", `--args must be a JSON object or array, got ${text}`);
}

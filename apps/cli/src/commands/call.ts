import { randomUUID } from "node:crypto";
import { type CallProgress, type InterfaceDescription, RpcClient } from "@seer/rpc";
import { ResultWriter } from "../call/result-writer.ts";
import { describeProgress, watchLoading, watchQueue } from "../call/watch.ts";
import { CliError } from "../errors.ts";
import { findEndpoint } from "../targets/find-endpoint.ts";
import { createStatusLine, noStatusLine, type StatusLine } from "../terminal/status-line.ts";

interface CallOptions {
  args: string;
  out: string;
  json?: boolean;
}

/** `seer call`: writes the result to stdout, and the function's output and progress to stderr. */
export async function call(
  target: string,
  fn: string,
  { args: written, out, json = false }: CallOptions,
  signal: AbortSignal,
): Promise<void> {
  const args = parseArguments(written);
  using status = json ? noStatusLine : await createStatusLine(process.stderr, `calling ${fn}`);
  const endpoint = await findEndpoint(target, fn, { status, signal });
  await using client = await RpcClient.connect({ ...endpoint, signal });
  const results = new ResultWriter({
    fn,
    directory: out,
    // One line for programs, several for people.
    readable: process.stdout.isTTY && !json,
    onPicture: (text) => status.print(`${text}\n`),
  });
  const print = (value: unknown) => status.print(`${results.text(value)}\n`, process.stdout);
  const callId = randomUUID();
  const options = {
    callId,
    signal,
    onOutput: (text: string) => status.print(text),
    onProgress: (progress: CallProgress) => status.show(describeProgress(fn, progress)),
  };
  const { functions } = endpoint.description ?? (await describe(client, { status, signal }));
  using _ = watchQueue(client, callId, status);
  if (functions.find(({ name }) => name === fn)?.stream) {
    for await (const item of client.stream(fn, args, options)) print(item);
  } else {
    print(await client.call(fn, args, options));
  }
}

async function describe(
  client: RpcClient,
  { status, signal }: { status: StatusLine; signal: AbortSignal },
): Promise<InterfaceDescription> {
  using _ = watchLoading(client, status);
  return await client.describe({ signal });
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

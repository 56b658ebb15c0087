import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { readSandboxConfig, type SandboxConfigInput } from "@seer/config";
import { RpcClient, type ServedInterface } from "@seer/rpc";
import { launchHost } from "@seer/rpc/launch";
import { endChild, track } from "../processes/children.ts";
import type { PythonEnvironment } from "../processes/python-environment.ts";
import { pythonDirectory } from "../processes/python-process.ts";
import type { StartRow } from "./rows.ts";
import type { Player } from "./run-row.ts";

const cli = fileURLToPath(import.meta.resolve("@seer/cli/bin/seer.js"));

/** The ways of starting up to a function's first answer; the first is the limit. */
export function startPlayers({ python, directory }: PythonEnvironment): Player<StartRow>[] {
  // Sandboxes and their Python environments; the second start finds the environment made.
  process.env.SEER_HOME ??= join(directory, "seer-home");
  return [
    player("plain Python", (row) => timed(() => runPlain(python, row))),
    player("launchHost", (row) => timed(() => answerOfHost(python, row))),
    player("serve in a running sandbox", answerOfSandbox),
    player("new sandbox and serve", (row) => timed(() => answerOfNewSandbox(row))),
    player("seer serve --json", (row) => timed(() => answerOfCli(row))),
  ];
}

function player(contestant: string, take: (row: StartRow) => Promise<number>): Player<StartRow> {
  const prepare = async (row: StartRow) => async () => [await take(row)];
  return { contestant, language: "TypeScript", prepare };
}

/** The time until the answer is there; what `begin` gives then cleans up, untimed. */
async function timed(begin: () => Promise<() => Promise<unknown>>): Promise<number> {
  const started = performance.now();
  const end = await begin();
  const elapsed = performance.now() - started;
  await end();
  return elapsed;
}

async function runPlain(python: string, row: StartRow): Promise<() => Promise<unknown>> {
  const script = join(pythonDirectory, "start", "run_file.py");
  const child = spawn(python, [script, row.file, row.function, JSON.stringify(row.models)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  track(child);
  await firstLine(child.stdout);
  return () => endChild(child);
}

async function answerOfHost(python: string, row: StartRow): Promise<() => Promise<unknown>> {
  const host = await launchHost({ file: row.file, python, models: row.models });
  try {
    await using client = await host.client();
    await client.describe();
    await client.call(row.function);
    return () => host.close();
  } catch (error) {
    await host.close();
    throw error;
  }
}

async function answerOfSandbox(row: StartRow): Promise<number> {
  const { ScopedSandbox } = await import("@seer/environment");
  await using sandbox = new ScopedSandbox(await configOf(row));
  await sandbox.start();
  return await timed(async () => {
    await sandbox.serve(row.file, { exposeAs: "library", name: "bench" });
    await answer(sandbox.served.at(-1), row);
    return async () => {};
  });
}

async function answerOfNewSandbox(row: StartRow): Promise<() => Promise<unknown>> {
  const { ScopedSandbox } = await import("@seer/environment");
  const sandbox = new ScopedSandbox(await configOf(row));
  try {
    await sandbox.start();
    await sandbox.serve(row.file, { exposeAs: "library", name: "bench" });
    await answer(sandbox.served.at(-1), row);
    return () => sandbox.terminate();
  } catch (error) {
    await sandbox.terminate();
    throw error;
  }
}

async function answerOfCli(row: StartRow): Promise<() => Promise<unknown>> {
  const child = spawn(process.execPath, [cli, "serve", row.file, "--as", "prompt", "--json"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  track(child);
  try {
    await answer(JSON.parse(await firstLine(child.stdout)), row);
    return () => endChild(child);
  } catch (error) {
    await endChild(child);
    throw error;
  }
}

async function answer(
  served: Pick<ServedInterface, "url" | "token"> | undefined,
  row: StartRow,
): Promise<void> {
  if (served === undefined) throw new Error("nothing is served");
  await using client = await RpcClient.connect({ url: served.url, token: served.token });
  await client.call(row.function);
}

/** The configuration that `seer serve` finds beside the file. */
function configOf({ file }: StartRow): Promise<SandboxConfigInput> {
  return readSandboxConfig(join(dirname(file), "seer.config.json"));
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line;
  throw new Error("the process ended without output");
}

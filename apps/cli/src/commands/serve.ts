import { stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import type { Progress } from "@seer/config";
import { ScopedSandbox } from "@seer/environment";
import { CliError } from "../errors.ts";
import { exampleCall } from "../serve/example-call.ts";
import { findConfig } from "../serve/find-config.ts";
import { type Handed, handOver } from "../serve/hand-over.ts";
import type { ServeMode } from "../serve/serve-modes.ts";
import { signature } from "../serve/signature.ts";
import { untilEnded } from "../serve/until-ended.ts";
import { assertReplaceable } from "../serve/write-output.ts";
import { style } from "../terminal/style.ts";

interface ServeOptions {
  as: ServeMode;
  name?: string;
  out?: string;
  config?: string;
  port?: number;
  json?: boolean;
}

/** `seer serve`: stays up until it is interrupted, and then ends the sandbox. */
export async function serve(file: string, options: ServeOptions, signal: AbortSignal): Promise<void> {
  const { as: mode, name, out, port, json = false } = options;
  const say: Progress = json ? () => {} : reportProgress;
  await checkRequest(file, options);
  const config = await findConfig(file, options.config, say);
  await using sandbox = new ScopedSandbox(config, { onProgress: say });
  await sandbox.start({ signal });
  const handed = await handOver(sandbox, mode, { file, name, out, port, signal });
  console.log(json ? describe(sandbox.sandboxId, mode, handed) : explain(sandbox.sandboxId, handed));
  await untilEnded(handed.served, signal);
  say("Stopping the sandbox");
}

/** What can be known before a sandbox is started and a model loaded, which can take minutes. */
async function checkRequest(file: string, { as: mode, name, out = "." }: ServeOptions): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) {
    const problem = found === undefined ? "does not exist" : "is not a file";
    throw new CliError("cli/no-file", `The interface file ${file} ${problem}`, {
      hint: "Give the path of a Python file that marks functions with `@expose`.",
    });
  }
  if (mode === "library" || mode === "typescript") {
    await assertReplaceable(join(out, name ?? basename(file, extname(file))));
  }
}

function describe(id: string, mode: ServeMode, { served, fields }: Handed): string {
  const { name, url, token, description } = served;
  const functions = description.functions.map((fn) => ({
    name: fn.name,
    signature: signature(fn),
    description: fn.description,
  }));
  return JSON.stringify({ id, name, url, token, as: mode, functions, ...fields });
}

function explain(id: string, { served, next }: Handed): string {
  const paint = style(process.stdout);
  const { name, description } = served;
  const [first, ...others] = description.functions;
  return [
    paint(
      "bold",
      `${name} serves ${others.length === 0 ? "one function" : `${others.length + 1} functions`}:`,
    ),
    ...description.functions.map((fn) => `  ${signature(fn)}`),
    "",
    next,
    "",
    "From another terminal:",
    "",
    ...(first === undefined ? [] : [`  ${exampleCall(name, first)}`]),
    `  seer stop ${id}`,
    "",
    paint("dim", "Ctrl-C ends it."),
  ].join("\n");
}

function reportProgress(message: string): void {
  process.stderr.write(`${style(process.stderr)("dim", `· ${message}`)}\n`);
}

import { stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import type { Progress } from "@seer/config";
import { EnvironmentError, type LogLine, ScopedSandbox } from "@seer/environment";
import { CliError } from "../errors.ts";
import { LogPrinter } from "../logs/log-printer.ts";
import { withoutReloads } from "../logs/without-reloads.ts";
import { errorFields, reportError } from "../report-error.ts";
import { exampleCall } from "../serve/example-call.ts";
import { findConfig } from "../serve/find-config.ts";
import { type Handed, handOver } from "../serve/hand-over.ts";
import { reloadOnEdit } from "../serve/reload-on-edit.ts";
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
  watch?: boolean;
  json?: boolean;
}

/** `seer serve`: serves until it is interrupted, and then ends the sandbox. */
export async function serve(file: string, options: ServeOptions, signal: AbortSignal): Promise<void> {
  const { as: mode, name, out, port, watch = false, json = false } = options;
  const say: Progress = json ? () => {} : reportProgress;
  await checkRequest(file, options);
  const config = await findConfig(file, options.config, say);
  await using sandbox = await startNamed(() => new ScopedSandbox(config, { onProgress: say }), name, signal);
  const handed = await handOver(sandbox, mode, { file, name, out, port, signal });
  console.log(json ? describe(sandbox.sandboxId, mode, handed) : explain(sandbox.sandboxId, handed));
  using _ = json ? undefined : showLog(sandbox, handed.served.name, { watch });
  const stopWatching = new AbortController();
  const watching = watch
    ? reload(handed, file, {
        handOver: (signal) => handOver(sandbox, mode, { file, name, out, port, signal }),
        json,
        signal: AbortSignal.any([signal, stopWatching.signal]),
      })
    : undefined;
  try {
    await Promise.race([untilEnded(sandbox, handed.served, signal), ...(watching ? [watching] : [])]);
  } finally {
    stopWatching.abort();
    await watching;
  }
  say("Stopping the sandbox");
}

interface WatchOptions {
  handOver: (signal: AbortSignal) => Promise<Handed>;
  json: boolean;
  signal: AbortSignal;
}

/** Serves the file again after each edit. */
async function reload(first: Handed, file: string, { handOver, json, signal }: WatchOptions): Promise<void> {
  let { revision } = first.served.description;
  let hasFailed = false;
  await reloadOnEdit(file, {
    signal,
    async load(signal) {
      const handed = await handOver(signal);
      const { name, description } = handed.served;
      if (description.revision === revision) {
        // The file is the served version again, after an edit that did not load.
        if (hasFailed && !json) reportProgress(`${name} is served as the file is now`);
      } else if (json) {
        console.log(
          JSON.stringify({
            event: "reloaded",
            revision: description.revision,
            functions: functionsOf(handed),
            ...handed.fields,
          }),
        );
      }
      ({ revision } = description);
      hasFailed = false;
    },
    onFailed(error) {
      hasFailed = true;
      if (json) console.log(JSON.stringify({ event: "reload-failed", error: errorFields(error) }));
      else reportError(error, { json });
    },
  });
}

/** Starts a sandbox under the interface's name, or under a generated one if that is taken. */
async function startNamed(
  create: () => ScopedSandbox,
  name: string | undefined,
  signal: AbortSignal,
): Promise<ScopedSandbox> {
  try {
    return await create().start({ signal, name });
  } catch (error) {
    if (!EnvironmentError.isInstance(error) || !unusableName.has(error.code)) throw error;
    return await create().start({ signal });
  }
}

const unusableName = new Set(["environment/name-taken", "environment/invalid-name"]);

/** Shows the interface's output, its calls, and restarts of its worker. */
function showLog(sandbox: ScopedSandbox, name: string, { watch }: { watch: boolean }): Disposable {
  const stop = new AbortController();
  const printer = new LogPrinter(process.stderr);
  const print = (line: LogLine) => printer.print(line);
  const following = sandbox.followRpcLogs({
    name,
    signal: stop.signal,
    onLine: watch ? withoutReloads(print) : print,
  });
  // The interface is served even if its log cannot be shown.
  following.catch((error: Error) => {
    if (!stop.signal.aborted) reportProgress(`The log cannot be shown: ${error.message}`);
  });
  return {
    [Symbol.dispose]() {
      stop.abort();
      printer[Symbol.dispose]();
    },
  };
}

/** Checks the request before starting a sandbox and loading models, which can take minutes. */
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

function describe(id: string, mode: ServeMode, handed: Handed): string {
  const { name, url, token } = handed.served;
  return JSON.stringify({
    id,
    name,
    url,
    token,
    as: mode,
    functions: functionsOf(handed),
    ...handed.fields,
  });
}

function functionsOf({ served }: Handed) {
  return served.description.functions.map((fn) => ({
    name: fn.name,
    signature: signature(fn),
    description: fn.description,
  }));
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
    paint("dim", "Press Ctrl-C to stop serving."),
  ].join("\n");
}

function reportProgress(message: string): void {
  process.stderr.write(`${style(process.stderr)("dim", `· ${message}`)}\n`);
}

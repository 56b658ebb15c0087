import { LineSplitter } from "@seer/config";
import { EnvironmentError } from "../../../errors.ts";
import { runCommand } from "../../../runtime/run-command.ts";
import { runtimePaths } from "../../../runtime/runtime-paths.ts";
import type { SandboxInstance } from "../../../runtime/sandbox-instance.ts";

export interface ToolOptions<Line> {
  signal?: AbortSignal | undefined;
  onLine?: ((line: Line) => void) | undefined;
}

/** Runs one of Seer's scripts in a sandbox: sends a request on standard input and reads JSON lines. */
export async function runTool<Line>(
  instance: SandboxInstance,
  tool: string,
  request: object,
  { signal, onLine }: ToolOptions<Line> = {},
): Promise<{ last: Line | undefined; stderr: string }> {
  let last: Line | undefined;
  const lines = new LineSplitter(
    (line) => {
      last = parse<Line>(line);
      if (last !== undefined) onLine?.(last);
    },
    // An answer may list all files of a large repository.
    { maxLength: 2 ** 25 },
  );
  const onStdout = (text: string) => lines.add(text);
  const argv = [runtimePaths.python, "-I", `${runtimePaths.init}/seer_tools/${tool}.py`];
  const stdin = `${JSON.stringify(request)}\n`;
  const { stderr } = await runCommand(instance, { argv, stdin, cwd: "/" }, { signal, onStdout });
  return { last, stderr: stderr.trim().slice(-2000) };
}

/** Ignores lines that are not JSON; libraries may print them. */
function parse<Line>(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}

/** Runs a command and returns its output. @throws EnvironmentError `environment/start-failed` if it fails */
export async function runIn(
  instance: SandboxInstance,
  argv: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(instance, { argv, cwd: "/" }, { signal });
  if (exitCode === 0) return stdout;
  throw new EnvironmentError(
    "environment/start-failed",
    `\`${argv.join(" ")}\` failed while placing weights on Modal: ${stderr.trim()}`,
  );
}

import { runCommand } from "../../../sandbox/run-command.ts";
import type { Machine } from "../../backend.ts";
import { runtimePaths } from "../../runtime-paths.ts";

export interface ToolOptions<Line> {
  signal?: AbortSignal | undefined;
  onLine?: ((line: Line) => void) | undefined;
}

/** Runs one of Seer's scripts in a machine: it takes a request on standard input and answers in JSON lines. */
export async function runTool<Line>(
  machine: Machine,
  tool: string,
  request: object,
  { signal, onLine }: ToolOptions<Line> = {},
): Promise<{ last: Line | undefined; stderr: string }> {
  let last: Line | undefined;
  let rest = "";
  const onStdout = (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      last = parse<Line>(line);
      if (last !== undefined) onLine?.(last);
    }
  };
  const argv = [runtimePaths.python, "-I", `${runtimePaths.init}/seer_tools/${tool}.py`];
  const stdin = `${JSON.stringify(request)}\n`;
  const { stderr } = await runCommand(machine, { argv, stdin, cwd: "/" }, { signal, onStdout });
  return { last, stderr: stderr.trim().slice(-2000) };
}

/** A library may print too; what is no JSON is nobody's answer. */
function parse<Line>(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}

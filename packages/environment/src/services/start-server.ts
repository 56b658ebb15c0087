import type { Machine, MachineCommand } from "../backends/backend.ts";
import { EnvironmentError } from "../errors.ts";
import { orAborted } from "../or-aborted.ts";
import { within } from "../within.ts";

export interface ServerRequest {
  /** For messages. */
  name: string;
  command: Pick<MachineCommand, "argv" | "env">;
  /** What the program reads as JSON: neither arguments nor variables, which others can see. */
  settings: object;
  /** What to do when it does not come up. */
  hint: string;
  signal?: AbortSignal | undefined;
}

// What is imported may have to come from a disk far away first.
const readyMs = 60_000;

/**
 * Starts a server in a sandbox that prints `{"port": N}` when it answers, and lets it go on without this process.
 *
 * @returns the URL of its port
 * @throws EnvironmentError `environment/service-failed`, with what it said
 */
export async function startServer(machine: Machine, request: ServerRequest): Promise<string> {
  const { name, command, settings, hint, signal } = request;
  signal?.throwIfAborted();
  const announced = Promise.withResolvers<string>();
  let stdout = "";
  let stderr = "";
  const failed = (how: string, cause?: unknown) =>
    new EnvironmentError(
      "environment/service-failed",
      [`${name} ${how}`, stderr.trim()].filter(Boolean).join(":\n"),
      { hint, cause },
    );
  const starting = machine.start({
    ...command,
    // One of the agent's would be the first place where Python looks for modules.
    cwd: "/",
    stdin: JSON.stringify(settings),
    onOutput: (stream, data) => {
      const text = Buffer.from(data).toString("utf8");
      if (stream === "stderr") stderr = `${stderr}${text}`.slice(-16_384);
      else stdout += text;
      if (stdout.includes("\n")) announced.resolve(stdout);
    },
  });
  const process = await starting.catch((error: unknown) => {
    if (!(error instanceof EnvironmentError && error.code === "environment/file-failed")) throw error;
    // A snapshot of a sandbox that had no such server, say.
    throw failed(`is not installed in the sandbox (${error.message})`, error);
  });
  const ended = process.exited.then((exitCode) => {
    throw failed(`ended with code ${exitCode} before it answered`);
  });
  ended.catch(() => {});
  try {
    const ready = within(Promise.race([announced.promise, ended]), readyMs, undefined);
    const line = await orAborted(ready, signal);
    if (line === undefined) throw failed(`did not answer within ${readyMs / 1000} s`);
    const url = await machine.urlOf((JSON.parse(line) as { port: number }).port);
    await process.detach();
    return url;
  } catch (error) {
    process.kill();
    throw error;
  }
}

/** Where a server of a sandbox is to listen: the first free of `ports`, or any when there are none. */
export function listenWhere({ ports = [], state }: Machine): { host: string; ports: readonly number[] } {
  // What a tunnel leads to is reached from outside the container, and nothing else can reach it.
  return { host: state.isolation.kind === "remote" ? "0.0.0.0" : "127.0.0.1", ports };
}

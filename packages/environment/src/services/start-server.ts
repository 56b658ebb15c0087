import { LineSplitter, raceSignal, withTimeout } from "@seer/config";
import { parsePort } from "@seer/rpc/launch";
import { EnvironmentError } from "../errors.ts";
import type { InstanceCommand, SandboxInstance } from "../runtime/sandbox-instance.ts";

export interface ServerRequest {
  /** For messages. */
  name: string;
  command: Required<Pick<InstanceCommand, "argv">> & Pick<InstanceCommand, "env">;
  /** Sent as JSON on standard input, because others can see arguments and variables. */
  settings: object;
  /** How to fix a failed start. */
  hint: string;
  signal?: AbortSignal | undefined;
}

// Imports may have to be read from a slow disk.
const readyTimeoutMs = 60_000;

/**
 * Starts a server in a sandbox that prints `{"port": N}` when it is ready, and detaches it from this process.
 *
 * @returns the URL of its port
 * @throws EnvironmentError `environment/service-failed`, with the server's error output
 */
export async function startServer(instance: SandboxInstance, request: ServerRequest): Promise<string> {
  const { name, command, settings, hint, signal } = request;
  signal?.throwIfAborted();
  const announced = Promise.withResolvers<number>();
  const lines = new LineSplitter((line) => {
    const port = parsePort(line);
    if (port !== undefined) announced.resolve(port);
  });
  let stderr = "";
  const failed = (problem: string, cause?: unknown) =>
    new EnvironmentError(
      "environment/service-failed",
      [`${name} ${problem}`, stderr.trim()].filter(Boolean).join(":\n"),
      { hint, cause },
    );
  const starting = instance.start({
    ...command,
    // Python imports from the working directory first, so the agent must not be able to write to it.
    cwd: "/",
    stdin: JSON.stringify(settings),
    onOutput: (stream, data) => {
      const text = Buffer.from(data).toString("utf8");
      if (stream === "stderr") stderr = `${stderr}${text}`.slice(-16_384);
      else lines.add(text);
    },
  });
  const process = await starting.catch((error: unknown) => {
    if (!(error instanceof EnvironmentError && error.code === "environment/file-failed")) throw error;
    // For example, a snapshot of a sandbox without this server.
    throw failed(`is not installed in the sandbox (${error.message})`, error);
  });
  const ended = process.exited.then((exitCode) => {
    throw failed(`ended with code ${exitCode} before it answered`);
  });
  ended.catch(() => {});
  try {
    const ready = withTimeout(Promise.race([announced.promise, ended]), readyTimeoutMs, undefined);
    const port = await raceSignal(ready, signal);
    if (port === undefined) throw failed(`did not answer within ${readyTimeoutMs / 1000} s`);
    const url = await instance.urlOf(port);
    await process.detach();
    return url;
  } catch (error) {
    process.kill();
    throw error;
  }
}

/** Where a server in a sandbox listens: on the first free port of `ports`, or on any port if there are none. */
export function listenWhere({ ports = [], state }: SandboxInstance): {
  host: string;
  ports: readonly number[];
} {
  // Modal's tunnel connects from outside the container; without a tunnel, the container's ports cannot be reached.
  return { host: state.isolation.kind === "remote" ? "0.0.0.0" : "127.0.0.1", ports };
}

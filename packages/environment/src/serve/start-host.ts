import { randomBytes } from "node:crypto";
import { LineSplitter, sandboxPaths } from "@seer/config";
import { type HostOptions, hostArguments, parsePort } from "@seer/rpc/launch";
import { EnvironmentError } from "../errors.ts";
import { runtimePaths } from "../runtime/runtime-paths.ts";
import type { InstanceProcess, SandboxInstance } from "../runtime/sandbox-instance.ts";
import { listenerFor, portsToTry } from "./host-ports.ts";

/** A host in a sandbox. It ends with this process until it is detached. */
export interface Host {
  readonly process: InstanceProcess;
  readonly url: string;
  readonly token: string;
  readonly adminToken: string;
}

export interface HostRequest {
  name: string;
  /** Sandbox path of the interface file. */
  file: string;
  secrets: readonly string[];
  /** Undefined for any free port. */
  port: number | undefined;
}

const portTimeoutMs = 60_000;

/** Path of a host's log in the sandbox. */
export function hostLog(name: string): string {
  return `${runtimePaths.logs}/${name}.log`;
}

/**
 * Starts a host in a sandbox. Returns when its port is open; its file may still be loading.
 *
 * @throws EnvironmentError `environment/interface-failed` or `environment/port-unavailable`
 */
export async function startHost(instance: SandboxInstance, request: HostRequest): Promise<Host> {
  let portError: unknown;
  for (const port of await portsToTry(instance, request.port)) {
    try {
      return await startOn(instance, { ...request, port });
    } catch (error) {
      if (!isTaken(error)) throw error;
      portError = error;
    }
  }
  throw portError;
}

function isTaken(error: unknown): boolean {
  return EnvironmentError.isInstance(error) && error.code === "environment/port-unavailable";
}

async function startOn(instance: SandboxInstance, request: HostRequest): Promise<Host> {
  const { name, file, secrets, port: requested } = request;
  const real = (path: string) => instance.realPath(path);
  const token = newToken();
  const adminToken = newToken();
  const listener = requested === undefined ? await instance.takeListener?.() : undefined;
  const config: HostOptions = {
    file: real(file),
    listener,
    name,
    token,
    adminToken,
    python: real(runtimePaths.python),
    models: instance.state.models.map((model) => ({ name: model.name, path: model.path })),
    path: [real(sandboxPaths.workspace), real(sandboxPaths.root)],
    log: real(hostLog(name)),
    endReasonFile: real(runtimePaths.endReason),
    secrets: secrets.filter((secret) => secret !== ""),
    ...(requested === undefined ? {} : await listenerFor(instance, requested)),
  };
  const output = new HostOutput();
  const process = await instance.start({
    argv: [real(instance.fixedPython ?? runtimePaths.python), ...hostArguments(real(runtimePaths.host))],
    env: { PYTHONPATH: instance.state.pythonPath },
    stdin: `${JSON.stringify(config)}\n`,
    onOutput: (stream, data) => output.add(stream, data),
    listener,
  });
  try {
    const port = await Promise.race([output.port, endedEarly(process, output), portTimeout(output)]);
    const url =
      listener === undefined
        ? await instance.urlOf(port, { same: requested !== undefined })
        : `http://127.0.0.1:${port}`;
    return { process, token, adminToken, url };
  } catch (error) {
    process.kill();
    throw error;
  }
}

function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** Reads the port that a host prints, and collects its error output. */
class HostOutput {
  readonly port: Promise<number>;
  #resolve: (port: number) => void = () => {};
  readonly #lines = new LineSplitter((line) => {
    const port = parsePort(line);
    if (port !== undefined) this.#resolve(port);
  });
  #stderr = "";

  constructor() {
    this.port = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get errorText(): string {
    return this.#stderr.trim();
  }

  add(stream: "stdout" | "stderr", data: Uint8Array): void {
    const text = Buffer.from(data).toString("utf8");
    if (stream === "stderr") this.#stderr = (this.#stderr + text).slice(-16_384);
    else this.#lines.add(text);
  }
}

async function endedEarly(process: InstanceProcess, output: HostOutput): Promise<never> {
  const exitCode = await process.exited;
  const port = /cannot listen on \S+:(\d+): (.*)/.exec(output.errorText);
  if (port !== null) {
    throw new EnvironmentError("environment/port-unavailable", `Port ${port[1]} cannot be used: ${port[2]}`, {
      hint: "Choose another `port`, or omit it to use any free one.",
    });
  }
  throw failed(`ended with code ${exitCode} before its port was open`, output);
}

async function portTimeout(output: HostOutput): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, portTimeoutMs).unref());
  throw failed(`did not open its port within ${portTimeoutMs / 1000} s`, output);
}

function failed(problem: string, output: HostOutput): EnvironmentError {
  const details = output.errorText === "" ? "" : `:\n${output.errorText}`;
  return new EnvironmentError("environment/interface-failed", `The host in the sandbox ${problem}${details}`);
}

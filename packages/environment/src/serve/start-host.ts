import { randomBytes } from "node:crypto";
import { delimiter } from "node:path/posix";
import { sandboxPaths } from "@seer/config";
import type { HostOptions } from "@seer/rpc/launch";
import type { Machine, MachineProcess } from "../backends/backend.ts";
import { runtimePaths } from "../backends/runtime-paths.ts";
import { EnvironmentError } from "../errors.ts";
import { listenerFor, portsToTry } from "./host-ports.ts";

/** A host in a sandbox, which ends with this process until it is detached. */
export interface Host {
  readonly process: MachineProcess;
  readonly url: string;
  readonly token: string;
  readonly adminToken: string;
}

export interface HostRequest {
  name: string;
  /** The interface file, as the sandbox calls it. */
  file: string;
  secrets: readonly string[];
  /** Any free one when absent. */
  port: number | undefined;
}

const portTimeoutMs = 60_000;

/** Where a host in a sandbox logs. */
export function hostLog(name: string): string {
  return `${runtimePaths.logs}/${name}.log`;
}

/**
 * Starts a host in a sandbox; its port is open when this returns, and its file still loading.
 *
 * @throws EnvironmentError `environment/interface-failed` or `environment/port-unavailable`
 */
export async function startHost(machine: Machine, request: HostRequest): Promise<Host> {
  let taken: unknown;
  for (const port of await portsToTry(machine, request.port)) {
    try {
      return await startOn(machine, { ...request, port });
    } catch (error) {
      if (!isTaken(error)) throw error;
      taken = error;
    }
  }
  throw taken;
}

function isTaken(error: unknown): boolean {
  return EnvironmentError.isInstance(error) && error.code === "environment/port-unavailable";
}

async function startOn(machine: Machine, request: HostRequest): Promise<Host> {
  const { name, file, secrets, port: wanted } = request;
  const real = (path: string) => machine.realPath(path);
  const token = newToken();
  const adminToken = newToken();
  const config: HostOptions = {
    file: real(file),
    name,
    token,
    adminToken,
    models: machine.state.models.map((model) => ({ name: model.name, path: model.path })),
    path: [real(sandboxPaths.workspace)],
    log: real(hostLog(name)),
    secrets: secrets.filter((secret) => secret !== ""),
    ...(wanted === undefined ? {} : await listenerFor(machine, wanted)),
  };
  const output = new HostOutput();
  const process = await machine.start({
    argv: [real(runtimePaths.python), "-m", "seer_host"],
    env: { PYTHONPATH: [real(runtimePaths.host), machine.state.pythonPath].join(delimiter) },
    stdin: `${JSON.stringify(config)}\n`,
    onOutput: (stream, data) => output.add(stream, data),
  });
  try {
    const port = await Promise.race([output.port, ended(process, output), late(output)]);
    return { process, token, adminToken, url: await machine.urlOf(port, { same: wanted !== undefined }) };
  } catch (error) {
    process.kill();
    throw error;
  }
}

function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** The port that a host prints, and what it says when it does not get that far. */
class HostOutput {
  readonly port: Promise<number>;
  #resolve: (port: number) => void = () => {};
  #stdout = "";
  #stderr = "";

  constructor() {
    this.port = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get said(): string {
    return this.#stderr.trim();
  }

  add(stream: "stdout" | "stderr", data: Uint8Array): void {
    const text = Buffer.from(data).toString("utf8");
    if (stream === "stderr") this.#stderr = (this.#stderr + text).slice(-16_384);
    else if (!this.#stdout.includes("\n")) this.#readPort(text);
  }

  #readPort(text: string): void {
    this.#stdout += text;
    const end = this.#stdout.indexOf("\n");
    if (end >= 0) this.#resolve((JSON.parse(this.#stdout.slice(0, end)) as { port: number }).port);
  }
}

async function ended(process: MachineProcess, output: HostOutput): Promise<never> {
  const exitCode = await process.exited;
  const port = /cannot listen on \S+:(\d+): (.*)/.exec(output.said);
  if (port !== null) {
    throw new EnvironmentError("environment/port-unavailable", `Port ${port[1]} cannot be used: ${port[2]}`, {
      hint: "Give another `port`, or none for any that is free.",
    });
  }
  throw failed(`ended with code ${exitCode} before its port was open`, output);
}

async function late(output: HostOutput): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, portTimeoutMs).unref());
  throw failed(`did not open its port within ${portTimeoutMs / 1000} s`, output);
}

function failed(how: string, output: HostOutput): EnvironmentError {
  const said = output.said === "" ? "" : `:\n${output.said}`;
  return new EnvironmentError("environment/interface-failed", `The host in the sandbox ${how}${said}`);
}

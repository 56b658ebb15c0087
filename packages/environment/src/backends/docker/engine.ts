import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { EnvironmentError } from "../../errors.ts";
import { findCommand } from "../../this-machine/find-command.ts";

/** A container engine of this machine that works, and the program that speaks to it. */
export interface DockerEngine {
  readonly kind: "docker" | "podman";
  readonly version: string;
  /** The program's real path. */
  readonly program: string;
  /** As in DOCKER_HOST. */
  readonly host: string;
}

const answerMs = 20_000;

/**
 * Finds this machine's Docker or Podman.
 *
 * @throws EnvironmentError `environment/system-packages-missing`, when there is none or it does not answer
 */
export async function findEngine({
  signal,
}: {
  signal?: AbortSignal | undefined;
} = {}): Promise<DockerEngine> {
  const refusals: string[] = [];
  for (const kind of ["docker", "podman"] as const) {
    const program = await findCommand(kind);
    if (program === undefined) continue;
    for (const host of hosts(kind)) {
      try {
        const version = await ask(kind, program, host, signal);
        return { kind, version, program: await realpath(program), host };
      } catch (error) {
        signal?.throwIfAborted();
        refusals.push(`${kind} at ${host}: ${saidBy(error)}`);
      }
    }
  }
  throw new EnvironmentError(
    "environment/system-packages-missing",
    refusals.length === 0
      ? "This machine has no Docker, which `dockerInDocker` and a repository's `dockerfile` need"
      : `This machine's container engine does not answer (${refusals.join("; ")})`,
    {
      hint:
        refusals.length === 0
          ? "Run `sudo apt-get install docker.io`, or `sudo apt-get install podman` and `systemctl --user start podman.socket`."
          : "`docker version` must work in this terminal: run `sudo systemctl start docker`, and `sudo usermod -aG docker $USER` if it says that permission is denied.",
    },
  );
}

/** The program's words for an engine that is reached through a socket. */
export function engineCommand(kind: DockerEngine["kind"]): readonly string[] {
  return kind === "podman" ? ["podman", "--remote"] : ["docker"];
}

/** Where an engine's socket may be: where DOCKER_HOST says, else where each kind has it. */
function hosts(kind: DockerEngine["kind"]): string[] {
  const chosen = process.env[kind === "docker" ? "DOCKER_HOST" : "CONTAINER_HOST"];
  if (chosen) return [chosen];
  const runtime = process.env.XDG_RUNTIME_DIR;
  const sockets =
    kind === "docker"
      ? [
          "/var/run/docker.sock",
          ...(runtime ? [join(runtime, "docker.sock")] : []),
          join(homedir(), ".docker/run/docker.sock"),
        ]
      : [...(runtime ? [join(runtime, "podman/podman.sock")] : []), "/run/podman/podman.sock"];
  return sockets.filter((path) => existsSync(path)).map((path) => `unix://${path}`);
}

async function ask(
  kind: DockerEngine["kind"],
  program: string,
  host: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const [, ...options] = engineCommand(kind);
  const { stdout } = await promisify(execFile)(
    program,
    [...options, "version", "--format", "{{.Server.Version}}"],
    {
      env: { ...process.env, DOCKER_HOST: host, CONTAINER_HOST: host },
      timeout: answerMs,
      ...(signal === undefined ? {} : { signal }),
    },
  );
  return stdout.trim();
}

function saidBy(error: unknown): string {
  const { stderr } = error as { stderr?: string };
  return (stderr?.trim() || (error as Error).message).split("\n").at(-1) ?? "";
}

import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { runProgram } from "@seer/config";
import { findCommand } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";

/** A working container engine of this machine and its client program. */
export interface DockerEngine {
  readonly kind: "docker" | "podman";
  readonly version: string;
  /** The program's real path. */
  readonly program: string;
  /** Value of DOCKER_HOST. */
  readonly host: string;
}

const versionTimeoutMs = 20_000;

/**
 * Finds this machine's Docker or Podman.
 *
 * @throws EnvironmentError `environment/system-packages-missing` if none is installed or none answers
 */
export async function findEngine({
  signal,
}: {
  signal?: AbortSignal | undefined;
} = {}): Promise<DockerEngine> {
  const failures: string[] = [];
  for (const kind of ["docker", "podman"] as const) {
    const program = await findCommand(kind);
    if (program === undefined) continue;
    for (const host of hosts(kind)) {
      try {
        const version = await queryVersion(kind, program, host, signal);
        return { kind, version, program: await realpath(program), host };
      } catch (error) {
        signal?.throwIfAborted();
        failures.push(`${kind} at ${host}: ${errorText(error)}`);
      }
    }
  }
  throw new EnvironmentError(
    "environment/system-packages-missing",
    failures.length === 0
      ? "`dockerInDocker` and a repository's `dockerfile` need Docker, which is not installed on this machine"
      : `This machine's container engine does not answer (${failures.join("; ")})`,
    {
      hint:
        failures.length === 0
          ? "Run `sudo apt-get install docker.io`, or `sudo apt-get install podman` and `systemctl --user start podman.socket`."
          : "Make `docker version` work in this terminal: run `sudo systemctl start docker`, and if permission is denied, `sudo usermod -aG docker $USER`.",
    },
  );
}

/** The client's command line for an engine behind a socket. */
export function engineCommand(kind: DockerEngine["kind"]): readonly string[] {
  return kind === "podman" ? ["podman", "--remote"] : ["docker"];
}

/** Candidate addresses: DOCKER_HOST or CONTAINER_HOST if set, else the engine's default sockets that exist. */
function hosts(kind: DockerEngine["kind"]): string[] {
  const configured = process.env[kind === "docker" ? "DOCKER_HOST" : "CONTAINER_HOST"];
  if (configured) return [configured];
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

async function queryVersion(
  kind: DockerEngine["kind"],
  program: string,
  host: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const [, ...options] = engineCommand(kind);
  const { stdout } = await runProgram(program, [...options, "version", "--format", "{{.Server.Version}}"], {
    env: { ...process.env, DOCKER_HOST: host, CONTAINER_HOST: host },
    timeoutMs: versionTimeoutMs,
    signal,
  });
  return stdout.trim();
}

function errorText(error: unknown): string {
  const { stderr } = error as { stderr?: string };
  return (stderr?.trim() || (error as Error).message).split("\n").at(-1) ?? "";
}

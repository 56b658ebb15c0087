import { setTimeout as delay } from "node:timers/promises";
import type { Progress } from "@seer/config";
import { EnvironmentError } from "../../errors.ts";
import { runCommand } from "../../sandbox/run-command.ts";
import { within } from "../../within.ts";
import type { Machine } from "../backend.ts";
import { runtimePaths } from "../runtime-paths.ts";

export interface DockerOptions {
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

const readyMs = 60_000;
const pollMs = 250;
const log = `${runtimePaths.logs}/docker.log`;
// A sandbox that began as a snapshot has what another one's engine left.
const daemon = `rm -f /var/run/docker.pid /run/docker/containerd/containerd.pid; exec dockerd >${log} 2>&1`;

/**
 * Starts the engine in a sandbox that has one of its own, and waits until it answers.
 *
 * @throws EnvironmentError `environment/start-failed`, with the end of its log
 */
export async function startDocker(machine: Machine, { onProgress, signal }: DockerOptions): Promise<void> {
  onProgress("Docker: starting");
  const engine = await machine.start({ argv: ["sh", "-c", daemon] });
  const deadline = performance.now() + readyMs;
  while (!(await answers(machine, signal))) {
    const exitCode = await within(engine.exited, pollMs, undefined);
    if (exitCode !== undefined) throw await failure(machine, `ended with exit code ${exitCode}`);
    if (performance.now() > deadline) {
      engine.kill();
      throw await failure(machine, `did not answer within ${readyMs / 1000} s`);
    }
    await delay(pollMs, undefined, { signal });
  }
  await engine.detach();
}

async function answers(machine: Machine, signal: AbortSignal | undefined): Promise<boolean> {
  const argv = ["docker", "version", "--format", "{{.Server.Version}}"];
  return (await runCommand(machine, { argv }, { signal, timeoutMs: 10_000 })).exitCode === 0;
}

async function failure(machine: Machine, problem: string): Promise<EnvironmentError> {
  const text = await machine.readFile(log).then(
    (bytes) => Buffer.from(bytes).toString().trim().split("\n").slice(-20).join("\n"),
    () => "It has no log.",
  );
  return new EnvironmentError("environment/start-failed", `Docker ${problem} in the sandbox:\n${text}`, {
    hint: "Start it again, or do without `dockerInDocker` and the `dockerfile` of `repos`.",
  });
}

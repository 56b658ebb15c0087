import { setTimeout as delay } from "node:timers/promises";
import type { Progress } from "@seer/config";
import { withTimeout } from "@seer/config";
import { EnvironmentError } from "../../errors.ts";
import { runCommand } from "../../runtime/run-command.ts";
import { runtimePaths } from "../../runtime/runtime-paths.ts";
import type { SandboxInstance } from "../../runtime/sandbox-instance.ts";

export interface DockerOptions {
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

const readyMs = 60_000;
const pollMs = 250;
const log = `${runtimePaths.logs}/docker.log`;
// A sandbox that starts from a snapshot contains the PID files of another engine.
const daemon = `rm -f /var/run/docker.pid /run/docker/containerd/containerd.pid; exec dockerd >${log} 2>&1`;

/**
 * Starts the container engine inside a sandbox, and waits until it answers.
 *
 * @throws EnvironmentError `environment/start-failed`, with the end of the engine's log
 */
export async function startDocker(
  instance: SandboxInstance,
  { onProgress, signal }: DockerOptions,
): Promise<void> {
  onProgress("Docker: starting");
  const engine = await instance.start({ argv: ["sh", "-c", daemon] });
  const deadline = performance.now() + readyMs;
  while (!(await answers(instance, signal))) {
    const exitCode = await withTimeout(engine.exited, pollMs, undefined);
    if (exitCode !== undefined) throw await failure(instance, `ended with exit code ${exitCode}`);
    if (performance.now() > deadline) {
      engine.kill();
      throw await failure(instance, `did not answer within ${readyMs / 1000} s`);
    }
    await delay(pollMs, undefined, { signal });
  }
  await engine.detach();
}

async function answers(instance: SandboxInstance, signal: AbortSignal | undefined): Promise<boolean> {
  const argv = ["docker", "version", "--format", "{{.Server.Version}}"];
  return (await runCommand(instance, { argv }, { signal, timeoutMs: 10_000 })).exitCode === 0;
}

async function failure(instance: SandboxInstance, problem: string): Promise<EnvironmentError> {
  const text = await instance.readFile(log).then(
    (bytes) => Buffer.from(bytes).toString().trim().split("\n").slice(-20).join("\n"),
    () => "The engine wrote no log.",
  );
  return new EnvironmentError("environment/start-failed", `Docker ${problem} in the sandbox:\n${text}`, {
    hint: "Start the sandbox again, or remove `dockerInDocker` and the `dockerfile` of `repos`.",
  });
}

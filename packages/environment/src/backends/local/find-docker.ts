import type { Progress } from "@seer/config";
import type { Plan } from "../../plan/plan.ts";
import { type DockerEngine, findEngine } from "../docker/engine.ts";

/**
 * Finds this machine's container engine if the plan needs it, and reports the consequences of sharing it.
 *
 * @throws EnvironmentError `environment/system-packages-missing`
 */
export async function findDocker(
  { steps }: Plan,
  { onProgress, signal }: { onProgress: Progress; signal?: AbortSignal | undefined },
): Promise<DockerEngine | undefined> {
  const instance = steps.find((step) => step.kind === "instance");
  if (instance?.docker !== true) return undefined;
  const engine = await findEngine({ signal });
  onProgress(
    `Docker: using this machine's engine (${engine.kind} ${engine.version}): containers are outside the sandbox's isolation, can mount this machine's files, and continue after the sandbox ends`,
  );
  return engine;
}

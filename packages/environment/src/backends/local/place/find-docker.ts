import type { Progress } from "@seer/config";
import { EnvironmentError } from "../../../errors.ts";
import type { Plan } from "../../../plan/plan.ts";
import { type DockerEngine, findEngine } from "../../docker/engine.ts";

/**
 * Finds this machine's container engine for a plan that needs one, and says what sharing it means.
 *
 * @throws EnvironmentError `environment/system-packages-missing` or `environment/unsupported`
 */
export async function findDocker(
  { steps }: Plan,
  { onProgress, signal }: { onProgress: Progress; signal?: AbortSignal | undefined },
): Promise<DockerEngine | undefined> {
  const machine = steps.find((step) => step.kind === "machine");
  if (machine?.docker !== true) return undefined;
  if (!machine.egress) {
    throw new EnvironmentError(
      "environment/unsupported",
      "`egress: false` cannot be kept with `dockerInDocker` or a repository's `dockerfile` on this machine: containers have a network of their own",
      { hint: 'Remove one of them, or use `backend: "modal"`.' },
    );
  }
  const engine = await findEngine({ signal });
  onProgress(
    `Docker: this machine's own (${engine.kind} ${engine.version}): containers are not isolated with the sandbox, can mount this machine's files, and outlive it`,
  );
  return engine;
}

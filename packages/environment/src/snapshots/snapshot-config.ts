import {
  isLocalModel,
  localModelPath,
  parseSandboxConfig,
  type SandboxConfig,
  type SandboxConfigInput,
} from "@seer/config";
import type { SandboxState, SnapshotRecord } from "../backends/backend.ts";
import { EnvironmentError } from "../errors.ts";
import { withoutCredentials } from "../plan/without-credentials.ts";

/**
 * The configuration of a sandbox that begins with a snapshot: the one given, else that of the snapshot's sandbox.
 *
 * @throws EnvironmentError `environment/unsupported` for one of another backend
 */
export function configFor(record: SnapshotRecord, config: SandboxConfigInput | undefined): SandboxConfig {
  const { id, backend } = record;
  const parsed = parseSandboxConfig({ ...(config ?? record.config), backend: config?.backend ?? backend });
  if (parsed.backend === backend) return parsed;
  throw new EnvironmentError(
    "environment/unsupported",
    `The snapshot ${id} was taken on the ${backend} backend and cannot be started on ${parsed.backend}`,
    { hint: `Remove \`backend\`, or make it "${backend}".` },
  );
}

/** A configuration that can be kept: it means the same from any directory, and has no password in it. */
export function configToKeep(config: SandboxConfig): SandboxConfig {
  const absolute = (name: string) => (isLocalModel(name) ? localModelPath(name) : name);
  return {
    ...config,
    models: config.models.map((model) => ({
      ...model,
      name: absolute(model.name),
      ...(model.baseModel === undefined ? {} : { baseModel: absolute(model.baseModel) }),
    })),
    repos: config.repos.map((repo) => ({ ...repo, url: withoutCredentials(repo.url) })),
  };
}

/** What can be told of the configuration of a sandbox by what runs. */
export function configOfState(state: SandboxState): SandboxConfig {
  const { backend, gpu, gpuCount, secrets } = state;
  return parseSandboxConfig({ backend, gpu, gpuCount, secrets: [...secrets] });
}

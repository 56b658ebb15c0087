import { parseSandboxConfig, type SandboxConfig, type SandboxConfigInput } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import type { SandboxState } from "../runtime/sandbox-state.ts";
import type { SnapshotRecord } from "../runtime/snapshot-record.ts";

/**
 * Returns the configuration for a start from a snapshot: `config`, or by default that of the snapshot's sandbox.
 *
 * @throws EnvironmentError `environment/unsupported` if the snapshot is of another backend
 */
export function configFor(record: SnapshotRecord, config: SandboxConfigInput | undefined): SandboxConfig {
  const { id, backend } = record;
  const parsed = parseSandboxConfig({ ...(config ?? record.config), backend: config?.backend ?? backend });
  if (parsed.backend === backend) return parsed;
  throw new EnvironmentError(
    "environment/unsupported",
    `Snapshot ${id} was taken on the ${backend} backend and cannot be started on ${parsed.backend}`,
    { hint: `Remove \`backend\`, or set it to "${backend}".` },
  );
}

/** Reconstructs as much of a sandbox's configuration as its state contains. */
export function configOfState(state: SandboxState): SandboxConfig {
  const { backend, gpu, gpuCount, egress, secrets } = state;
  return parseSandboxConfig({ backend, gpu, gpuCount, egress, secrets: [...secrets] });
}

import type { SandboxState, ServiceRecord } from "../runtime/sandbox-state.ts";

export function findService(
  { services }: SandboxState,
  service: ServiceRecord["service"],
): ServiceRecord | undefined {
  return services.find((record) => record.service === service);
}

/** The URL of the Jupyter server with its token, in Jupyter's own format. */
export function jupyterUrl(state: SandboxState): string | undefined {
  const record = findService(state, "jupyter");
  return record === undefined ? undefined : `${record.url.replace(/\/$/, "")}/?token=${record.secret}`;
}

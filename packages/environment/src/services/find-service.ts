import type { SandboxState, ServiceRecord } from "../backends/backend.ts";

export function findService(
  { services }: SandboxState,
  service: ServiceRecord["service"],
): ServiceRecord | undefined {
  return services.find((record) => record.service === service);
}

/** A URL with which a client of Jupyter needs nothing else, in the form in which Jupyter itself prints it. */
export function jupyterUrl(state: SandboxState): string | undefined {
  const record = findService(state, "jupyter");
  return record === undefined ? undefined : `${record.url.replace(/\/$/, "")}/?token=${record.secret}`;
}

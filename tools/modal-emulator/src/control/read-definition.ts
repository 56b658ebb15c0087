import { join } from "node:path";
import type { EmulatorState } from "../emulator-state.ts";
import type { NetworkPolicy } from "../network/allows.ts";
import type { OpenPort } from "../network/tunnel.ts";
import type { ReadinessProbe, SandboxDefinition } from "../sandboxes/sandbox-definition.ts";
import type { SecretSource } from "../stores/secret-store.ts";
import { StatusError } from "../wire/status-error.ts";

/** A sandbox's definition as it comes off the wire. */
export interface DefinitionMessage {
  entrypointArgs: string[];
  imageId: string;
  secretIds: string[];
  resources: {
    memoryMb: number;
    milliCpu: number;
    gpuConfig: { count: number; gpuType: string } | null;
  } | null;
  timeoutSecs: number;
  idleTimeoutSecs?: number;
  workdir?: string;
  volumeMounts: { volumeId: string; mountPath: string; readOnly: boolean; subPath?: string }[];
  schedulerPlacement: { regions: string[] } | null;
  openPorts: { ports: { port: number; unencrypted: boolean; tunnelType?: number }[] } | null;
  networkAccess: NetworkAccessMessage | null;
  cloudProviderStr: string;
  name?: string;
  readinessProbe?: { tcpPort?: number; execCommand?: { argv: string[] }; intervalMs: number };
  experimentalOptionsV2: Record<string, string>;
}

export interface NetworkAccessMessage {
  networkAccessType: number;
  allowedCidrs: string[];
  allowedDomains: string[];
}

/** The GPUs that Modal rents out. */
const GPU_TYPES = [
  "T4",
  "L4",
  "A10",
  "A10G",
  "L40S",
  "A100",
  "A100-40GB",
  "A100-80GB",
  "H100",
  "H100!",
  "H200",
  "B200",
  "B200+",
  "B300",
  "RTX-PRO-6000",
];

const LONGEST_TIMEOUT_SECONDS = 24 * 3600;

const NETWORK = { blocked: 2, allowlist: 3 } as const;

const H2_TUNNEL = 1;

/** Reads a definition, and refuses what Modal would. */
export function readDefinition(
  message: DefinitionMessage,
  request: { appId: string; secretSources?: SecretSource[] },
  { volumes, secrets }: EmulatorState,
): SandboxDefinition {
  if (message.timeoutSecs > LONGEST_TIMEOUT_SECONDS) {
    throw new StatusError(
      "INVALID_ARGUMENT",
      `The timeout of ${message.timeoutSecs} s is longer than 24 hours`,
    );
  }
  const gpu = readGpu(message.resources?.gpuConfig ?? undefined);
  return {
    appId: request.appId,
    imageId: message.imageId,
    command: message.entrypointArgs,
    env: secrets.merge(message.secretIds, request.secretSources),
    timeoutMs: message.timeoutSecs * 1000,
    cpu: (message.resources?.milliCpu ?? 0) / 1000,
    memoryMiB: message.resources?.memoryMb ?? 0,
    ports: readPorts(message),
    volumes: message.volumeMounts.map((mount) => {
      volumes.require(mount.volumeId);
      const source = join(volumes.path(mount.volumeId), mount.subPath ?? "");
      return { source, target: mount.mountPath, readOnly: mount.readOnly };
    }),
    network: readNetwork(message.networkAccess),
    cloud: message.cloudProviderStr,
    regions: message.schedulerPlacement?.regions ?? [],
    experimentalOptions: message.experimentalOptionsV2,
    ...(gpu && { gpu }),
    ...(message.name !== undefined && { name: message.name }),
    ...(message.workdir !== undefined && { workdir: message.workdir }),
    ...(message.idleTimeoutSecs !== undefined && { idleTimeoutMs: message.idleTimeoutSecs * 1000 }),
    ...(message.readinessProbe && { probe: readProbe(message.readinessProbe) }),
  };
}

export function readNetwork(access: NetworkAccessMessage | null): NetworkPolicy {
  if (access?.networkAccessType === NETWORK.blocked) return { kind: "blocked" };
  if (access?.networkAccessType !== NETWORK.allowlist) return { kind: "open" };
  return { kind: "allowlist", cidrs: access.allowedCidrs, domains: access.allowedDomains };
}

function readGpu(config: { count: number; gpuType: string } | undefined): SandboxDefinition["gpu"] {
  if (config === undefined || config.gpuType === "") return undefined;
  if (!GPU_TYPES.includes(config.gpuType)) {
    throw new StatusError("INVALID_ARGUMENT", `Invalid GPU type: ${config.gpuType}`);
  }
  return { type: config.gpuType, count: config.count };
}

function readPorts(message: DefinitionMessage): OpenPort[] {
  return (message.openPorts?.ports ?? []).map(({ port, unencrypted, tunnelType }) => {
    const kind = unencrypted ? "tcp" : tunnelType === H2_TUNNEL ? "h2" : "http";
    return { port, kind };
  });
}

function readProbe(message: NonNullable<DefinitionMessage["readinessProbe"]>): ReadinessProbe {
  return {
    intervalMs: message.intervalMs,
    ...(message.tcpPort !== undefined && { tcpPort: message.tcpPort }),
    ...(message.execCommand && { command: message.execCommand.argv }),
  };
}

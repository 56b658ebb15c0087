import type { Mount } from "../contain/host-mounts.ts";
import type { NetworkPolicy } from "../network/allows.ts";
import type { OpenPort } from "../network/tunnel.ts";

/** When a sandbox counts as ready. */
export interface ReadinessProbe {
  tcpPort?: number;
  command?: string[];
  intervalMs: number;
}

/** What a client asked for, read from the wire. */
export interface SandboxDefinition {
  appId: string;
  imageId: string;
  name?: string;
  command: string[];
  env: Record<string, string>;
  workdir?: string;
  timeoutMs: number;
  idleTimeoutMs?: number;
  gpu?: { type: string; count: number };
  cpu: number;
  memoryMiB: number;
  ports: OpenPort[];
  volumes: Mount[];
  network: NetworkPolicy;
  probe?: ReadinessProbe;
  cloud: string;
  regions: string[];
  experimentalOptions: Record<string, string>;
}

/** How a sandbox ended, with the numbers of the wire. */
export const resultStatus = {
  success: 1,
  failure: 2,
  terminated: 3,
  timeout: 4,
  initFailure: 5,
  idleTimeout: 7,
} as const;

export interface SandboxResult {
  status: (typeof resultStatus)[keyof typeof resultStatus];
  exitcode: number;
  exception: string;
}

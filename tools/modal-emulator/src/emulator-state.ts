import type { AccessTokens } from "./access-tokens.ts";
import type { GuestFiles } from "./contain/host-mounts.ts";
import type { EmulatedClock } from "./emulated-clock.ts";
import type { Faults } from "./faults/faults.ts";
import type { ImageStore } from "./images/image-store.ts";
import type { ServerCertificate } from "./network/certificate-authority.ts";
import type { SandboxStore } from "./sandboxes/sandbox-store.ts";
import type { AppStore } from "./stores/app-store.ts";
import type { SecretStore } from "./stores/secret-store.ts";
import type { VolumeStore } from "./stores/volume-store.ts";

/** The state that handlers share. */
export interface EmulatorState {
  readonly apps: AppStore;
  readonly images: ImageStore;
  readonly volumes: VolumeStore;
  readonly secrets: SecretStore;
  readonly sandboxes: SandboxStore;
  readonly clock: EmulatedClock;
  readonly tokens: AccessTokens;
  readonly faults: Faults;
  readonly certificate: ServerCertificate;
  /** What outlives the emulator when its owner wants so: images and volumes. */
  readonly directory: string;
  /** What does not: roots and sockets of running sandboxes. */
  readonly runtimeDirectory: string;
  readonly hostPorts: readonly number[];
  readonly files: GuestFiles;
  /** Where clients find the command router; known once the server listens. */
  routerUrl(): string;
}

import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { EmulatedClock } from "./emulated-clock.ts";
import type { EmulatorPipeline, RecordedCall } from "./emulator-pipeline.ts";
import type { EmulatorState } from "./emulator-state.ts";
import type { Faults } from "./faults/faults.ts";
import type { ImageInfo } from "./images/image.ts";
import type { CertificateAuthority } from "./network/certificate-authority.ts";
import { removeRuntimeDirectory } from "./runtime-directory.ts";
import { describeSandbox, type SandboxInfo } from "./sandbox-info.ts";
import type { BillingEntry } from "./sandboxes/ledger.ts";
import type { WireServer } from "./wire/wire-server.ts";

export interface ModalEmulatorParts {
  state: EmulatorState;
  pipeline: EmulatorPipeline;
  server: WireServer;
  authority: CertificateAuthority;
  env: Record<string, string>;
  closing: AbortController;
}

/** Modal's servers on loopback, for the real SDK; see {@link startModalEmulator}. */
export class ModalEmulator implements AsyncDisposable {
  /** The variables that point a client here; set them before it imports `modal`. */
  readonly env: Readonly<Record<string, string>>;
  /** The time that timeouts, idleness and bills go by. */
  readonly clock: EmulatedClock;
  readonly faults: Faults;
  /** Who signed the tunnels' certificates. */
  readonly certificateAuthority: CertificateAuthority;
  readonly stateDirectory: string;
  readonly #parts: ModalEmulatorParts;
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor(parts: ModalEmulatorParts) {
    this.#parts = parts;
    this.env = parts.env;
    this.clock = parts.state.clock;
    this.faults = parts.state.faults;
    this.certificateAuthority = parts.authority;
    this.stateDirectory = parts.state.directory;
  }

  /** Every sandbox there ever was, the oldest first. */
  sandboxes(): SandboxInfo[] {
    return this.#parts.state.sandboxes.all().map((sandbox) => describeSandbox(sandbox));
  }

  /** What each sandbox was billed for. */
  billing(): BillingEntry[] {
    return this.#parts.state.sandboxes.all().flatMap((sandbox) => sandbox.bill() ?? []);
  }

  /** Every image, with the log of its build. */
  images(): ImageInfo[] {
    return this.#parts.state.images.all().map((image) => image.info());
  }

  /** Every volume, the oldest first; ephemeral ones have no name. */
  volumes(): { id: string; name?: string }[] {
    return this.#parts.state.volumes
      .all()
      .map(({ id, name }) => ({ id, ...(name !== undefined && { name }) }));
  }

  /** The directory with a named volume's files. */
  volumeDirectory(name: string): string | undefined {
    const { volumes } = this.#parts.state;
    const volume = volumes.findByName(name);
    return volume && volumes.path(volume.id);
  }

  /** The latest calls of all clients, the oldest first. */
  calls(): readonly RecordedCall[] {
    return this.#parts.pipeline.calls;
  }

  /** Lets this very process trust the tunnels; others do through `env`. */
  trustTunnels(): void {
    setDefaultCACertificates([...getCACertificates("default"), this.certificateAuthority.certificate]);
  }

  /** Ends every sandbox and the server; safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { state, server, closing } = this.#parts;
    closing.abort();
    state.faults.clear();
    await Promise.all(state.sandboxes.all().map((sandbox) => sandbox.terminate()));
    state.clock.stop();
    await server.close();
    await removeRuntimeDirectory(state.runtimeDirectory);
  }
}

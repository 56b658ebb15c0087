import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Container } from "../contain/container.ts";
import { containerEnvironment, hostEnvironment } from "../contain/host-environment.ts";
import type { GuestFiles } from "../contain/host-mounts.ts";
import { createRootfs, type Rootfs, removeRootfs } from "../contain/rootfs.ts";
import { Exec } from "../execs/exec.ts";
import { visiblePython } from "../images/base-image.ts";
import type { StoredImage } from "../images/image.ts";
import type { ServerCertificate } from "../network/certificate-authority.ts";
import { Egress } from "../network/egress.ts";
import { Tunnel } from "../network/tunnel.ts";
import type { SandboxDefinition } from "./sandbox-definition.ts";

export interface MachineOptions {
  /** Where the root's changes lie while it runs. */
  directory: string;
  /** A short path. */
  socketDirectory: string;
  /** Ports of this machine that always answer inside. */
  hostPorts: readonly number[];
  files: GuestFiles;
  certificate: ServerCertificate;
  definition: SandboxDefinition;
  image: StoredImage;
  /** Variables that Modal itself sets. */
  env: Record<string, string>;
  onTunnelConnection: () => () => void;
}

export interface Command {
  argv: string[];
  env: Record<string, string>;
  workdir?: string;
  pty: boolean;
}

/** What a sandbox gets when it is scheduled: a root, namespaces, a network, tunnels. */
export class SandboxMachine {
  readonly container: Container;
  readonly rootfs: Rootfs;
  readonly tunnels: readonly Tunnel[];
  readonly egress: Egress;
  readonly #options: MachineOptions;

  private constructor(options: MachineOptions, parts: MachineParts) {
    this.#options = options;
    this.container = parts.container;
    this.rootfs = parts.rootfs;
    this.tunnels = parts.tunnels;
    this.egress = parts.egress;
  }

  static async boot(options: MachineOptions): Promise<SandboxMachine> {
    const { definition, image, directory, socketDirectory } = options;
    await mkdir(socketDirectory, { recursive: true });
    const rootfs = await createRootfs(directory, image.layers);
    const egress = await Egress.listen(join(socketDirectory, "emulator"), definition.network);
    try {
      for (const volume of definition.volumes) await mkdir(volume.source, { recursive: true });
      const mounts = [...visiblePython(image.config.pythonPrefix), ...definition.volumes];
      const container = await Container.start({ rootfs, mounts, socketDirectory, files: options.files });
      const tunnels = await Promise.all(
        definition.ports.map((open) =>
          Tunnel.open({
            open,
            certificate: options.certificate,
            dial: () => container.dial(open.port),
            onConnection: options.onTunnelConnection,
          }),
        ),
      );
      const machine = new SandboxMachine(options, { container, rootfs, tunnels, egress });
      await machine.#makeWorkdir();
      return machine;
    } catch (error) {
      await egress.close();
      await removeRootfs(directory);
      await rm(socketDirectory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Starts a command. */
  async exec(command: Command): Promise<Exec> {
    const { image, definition } = this.#options;
    const env = {
      ...containerEnvironment,
      ...hostEnvironment("own"),
      ...this.egress.environment(),
      ...image.config.env,
      ...this.#options.env,
      ...definition.env,
      ...command.env,
    };
    const texts = [...Object.values(env), ...command.argv];
    for (const port of this.egress.ports(texts, this.#options.hostPorts)) await this.container.forward(port);
    const cwd = command.workdir ?? this.#workdir;
    return new Exec(this.container.open({ kind: "exec", argv: command.argv, env, cwd, pty: command.pty }));
  }

  /** Ends every process and removes what the sandbox wrote outside of volumes. */
  async destroy(): Promise<void> {
    await this.container.kill();
    await Promise.all([...this.tunnels.map((tunnel) => tunnel.close()), this.egress.close()]);
    await removeRootfs(this.#options.directory);
    await rm(this.#options.socketDirectory, { recursive: true, force: true });
  }

  get #workdir(): string {
    return this.#options.definition.workdir ?? this.#options.image.config.workdir;
  }

  async #makeWorkdir(): Promise<void> {
    if (this.#options.definition.workdir === undefined) return;
    const maker = new Exec(
      this.container.open({
        kind: "exec",
        argv: ["mkdir", "-p", this.#workdir],
        env: { ...containerEnvironment },
        cwd: "/",
        pty: false,
      }),
    );
    await maker.wait();
  }
}

interface MachineParts {
  container: Container;
  rootfs: Rootfs;
  tunnels: Tunnel[];
  egress: Egress;
}

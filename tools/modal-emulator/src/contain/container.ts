import type { ChildProcess } from "node:child_process";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { type Opening, readLine } from "../inside/frames.ts";
import { containerEnvironment } from "./host-environment.ts";
import { type GuestFiles, guestMounts, insidePaths, type Mount, writable } from "./host-mounts.ts";
import { launch } from "./launch.ts";
import type { Rootfs } from "./rootfs.ts";

export interface ContainerOptions {
  rootfs: Rootfs;
  mounts: readonly Mount[];
  /** A short path, because it contains sockets, whose paths the kernel limits to 107 bytes. */
  socketDirectory: string;
  files: GuestFiles;
}

/** The namespaces of one sandbox, with the program inside that starts everything else. */
export class Container {
  readonly #child: ChildProcess;
  readonly #socketPath: string;
  /** Resolves when the last process inside is gone. */
  readonly exited: Promise<void>;

  private constructor(child: ChildProcess, socketPath: string) {
    this.#child = child;
    this.#socketPath = socketPath;
    this.exited = new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
    });
  }

  static async start(options: ContainerOptions): Promise<Container> {
    const { node, init, run } = insidePaths;
    const child = launch({
      rootfs: options.rootfs,
      mounts: [...options.mounts, writable(options.socketDirectory, run), ...guestMounts(options.files)],
      command: [node, init, `${run}/init`, `${run}/emulator`],
      cwd: "/",
      env: containerEnvironment,
      network: "own",
      hostname: "modal",
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin?.on("error", () => {});
    const container = new Container(child, join(options.socketDirectory, "init"));
    await container.#ready();
    return container;
  }

  /** A new connection to the program inside. */
  open(opening: Opening): Socket {
    const socket = connect({ path: this.#socketPath, allowHalfOpen: true });
    socket.on("error", () => socket.destroy());
    socket.write(`${JSON.stringify(opening)}\n`);
    return socket;
  }

  /** A connection to a port inside, or undefined when nothing listens there. */
  async dial(port: number): Promise<Socket | undefined> {
    const socket = this.open({ kind: "dial", port });
    const answer = await readLine(socket).catch(() => "gone");
    if (answer === "open") return socket;
    socket.destroy();
    return undefined;
  }

  /** Opens a port inside, whose connections are forwarded to the emulator's socket. */
  async forward(port: number): Promise<void> {
    const socket = this.open({ kind: "forward", port });
    await readLine(socket).catch(() => {});
    socket.destroy();
  }

  /** Kills every process inside. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
  }

  #ready(): Promise<void> {
    const { stdout, stderr } = this.#child;
    let complaint = "";
    stderr?.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    return new Promise((resolve, reject) => {
      stdout?.once("data", () => resolve());
      this.#child.once("error", reject);
      this.#child.once("close", () => reject(new Error(`The sandbox did not start: ${complaint.trim()}`)));
    });
  }
}

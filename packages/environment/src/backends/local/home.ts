import { randomInt } from "node:crypto";
import { join } from "node:path";
import { type Disk, seerHome } from "@seer/system";

export function sandboxesDirectory(): string {
  return join(seerHome(), "sandboxes");
}

/** The directories and files of one sandbox on this machine. */
export interface SandboxDirectories {
  readonly root: string;
  /** Visible inside as `/workspace`, `/home/seer`, `/root`, `/tmp`, `/models` and `/opt/seer/…`. */
  readonly workspace: string;
  readonly home: string;
  readonly rootHome: string;
  readonly temporary: string;
  readonly models: string;
  readonly python: string;
  readonly logs: string;
  /** Visible inside as `/etc/hosts` if the sandbox may connect to certain hosts only. */
  readonly hosts: string;
  /** Not visible inside. */
  readonly record: string;
  readonly socket: string;
  readonly initInfo: string;
  readonly initLog: string;
}

export function sandboxDirectories(id: string): SandboxDirectories {
  const root = join(sandboxesDirectory(), id);
  return {
    root,
    workspace: join(root, "workspace"),
    home: join(root, "home"),
    rootHome: join(root, "root"),
    temporary: join(root, "tmp"),
    models: join(root, "models"),
    python: join(root, "python"),
    logs: join(root, "logs"),
    hosts: join(root, "hosts"),
    record: join(root, "sandbox.json"),
    socket: join(root, "init.sock"),
    initInfo: join(root, "init.json"),
    initLog: join(root, "init.log"),
  };
}

const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

export function newSandboxId(): string {
  return `sb-${Array.from({ length: 10 }, () => alphabet[randomInt(alphabet.length)]).join("")}`;
}

/** The disk with all sandboxes, environments and snapshots. */
export function homeDisk(): Disk {
  return {
    name: seerHome(),
    hint: "Free disk space, for example with `seer clean`, or set SEER_HOME to a directory on another disk.",
  };
}

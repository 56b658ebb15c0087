import { randomInt } from "node:crypto";
import { join } from "node:path";
import { seerHome } from "../../seer-home.ts";

export function sandboxesDirectory(): string {
  return join(seerHome(), "sandboxes");
}

/** What one sandbox has on this machine. */
export interface SandboxDirectories {
  readonly root: string;
  /** Seen inside as `/workspace`, `/home/seer`, `/tmp`, `/models` and `/opt/seer/…`. */
  readonly workspace: string;
  readonly home: string;
  readonly temporary: string;
  readonly models: string;
  readonly python: string;
  readonly logs: string;
  /** Never seen inside. */
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
    temporary: join(root, "tmp"),
    models: join(root, "models"),
    python: join(root, "python"),
    logs: join(root, "logs"),
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

import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { hostMounts, type Mount } from "./host-mounts.ts";
import type { Rootfs } from "./rootfs.ts";

export interface LaunchOptions {
  rootfs: Rootfs;
  mounts: readonly Mount[];
  command: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** "host" for builds, which only fetch; "own" for sandboxes, so that two may listen on one port. */
  network: "host" | "own";
  hostname: string;
  stdio: StdioOptions;
  /** Kills the command. */
  signal?: AbortSignal;
}

/** Mounts the root in a new mount namespace, and runs the command with this root in bubblewrap. */
const SCRIPT = `
set -e
cd "$1"
mount -t overlay overlay -o "userxattr,lowerdir=$2,upperdir=$3,workdir=$4" "$5"
shift 5
exec bwrap "$@"
`;

/** What a container's root may do; everything else, mounting above all, is dropped. */
const CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"];

/**
 * Starts a command in namespaces of its own over a root directory.
 *
 * It dies with this process: bubblewrap asks the kernel for that, and its end takes the PID namespace along.
 */
export function launch(options: LaunchOptions): ChildProcess {
  const { rootfs } = options;
  const layers = commonParent(rootfs.layers);
  const overlay = [layers.parent, layers.names.join(":"), rootfs.upper, rootfs.work, rootfs.merged];
  const unshare = ["--user", "--map-root-user", "--mount", "--", "sh", "-c", SCRIPT, "sh"];
  const args = [...unshare, ...overlay, ...bubblewrapArguments(options), "--", ...options.command];
  return spawn("unshare", args, {
    stdio: options.stdio,
    env: options.env,
    killSignal: "SIGKILL",
    ...(options.signal && { signal: options.signal }),
  });
}

function bubblewrapArguments(options: LaunchOptions): string[] {
  const { merged } = options.rootfs;
  const args = ["--die-with-parent", "--unshare-user", "--uid", "0", "--gid", "0"];
  args.push("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", options.hostname);
  if (options.network === "own") args.push("--unshare-net");
  args.push("--cap-drop", "ALL", ...CAPABILITIES.flatMap((name) => ["--cap-add", `CAP_${name}`]));
  args.push("--bind", merged, "/");
  for (const mount of hostMounts()) args.push(...bindArguments(mount));
  // An image's own programs live here, over the read-only /usr.
  args.push("--bind", `${merged}/usr/local`, "/usr/local");
  args.push("--proc", "/proc", "--dev", "/dev");
  for (const mount of options.mounts) args.push(...bindArguments(mount));
  args.push("--chdir", options.cwd);
  return args;
}

function bindArguments({ source, target, readOnly }: Mount): string[] {
  return [readOnly ? "--ro-bind" : "--bind", source, target];
}

/** The kernel takes a page of mount options at most, so layers are named relative to where most of them lie. */
function commonParent(layers: readonly string[]): { parent: string; names: string[] } {
  const parent = layers[0]?.replace(/\/[^/]*$/, "") ?? "/";
  const prefix = `${parent}/`;
  return {
    parent,
    names: layers.map((layer) => (layer.startsWith(prefix) ? layer.slice(prefix.length) : layer)),
  };
}

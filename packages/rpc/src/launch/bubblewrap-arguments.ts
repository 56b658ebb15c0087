import { existsSync, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { hostSourceDirectory } from "./host-source.ts";

/** A path on this machine, and its path inside the sandbox. */
export type Mount = readonly [hostPath: string, insidePath: string];

export interface BubblewrapOptions {
  readOnly?: readonly Mount[] | undefined;
  writable?: readonly Mount[] | undefined;
  /** Symbolic links to create inside: target and location. */
  symlinks?: readonly (readonly [target: string, insidePath: string])[] | undefined;
  /** Directories in which only the mounts and links below them are visible. */
  covered?: readonly string[] | undefined;
  workingDirectory: string;
  /**
   * `true` shares the network of this machine. Otherwise the process gets its own network namespace, which has only a
   * loopback interface until `connectNetwork` connects it; `"own"` also resolves names through that connection, or
   * with `hosts` only those in that file of this machine.
   */
  network: boolean | "own" | { readonly hosts: string };
  /** `"gpu"` adds the devices of NVIDIA and AMD cards, a list those of the NVIDIA cards with these numbers. @default "none" */
  devices?: "gpu" | "none" | readonly number[] | undefined;
  /** The size of each temporary directory in memory; the system's own limit by default. */
  temporaryMiB?: number | undefined;
  /** Ends all processes inside when the process that started it ends. */
  dieWithParent: boolean;
  /** The descriptor from which bubblewrap reads `seccompFilter`; without it, no system call is denied. */
  seccompDescriptor?: number | undefined;
}

// System files outside /usr that programs need, without any user's data.
const systemFiles = [
  "alternatives",
  "ca-certificates",
  "fonts",
  "gai.conf",
  "group",
  "host.conf",
  "hosts",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "localtime",
  "mime.types",
  "nsswitch.conf",
  "os-release",
  "passwd",
  "pki",
  "protocols",
  "resolv.conf",
  "services",
  "ssl",
  "timezone",
].map((name) => `/etc/${name}`);
const systemDirectories = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
const gpuDevices = /^(nvidia.*|dri|kfd)$/;
const nvidiaCard = /^nvidia(\d+)$/;
const gpuSystem = ["/sys", "/etc/OpenCL", "/etc/vulkan", "/etc/cuda", "/opt/rocm", "/run/opengl-driver"];

/**
 * The arguments of `bwrap`, before the command to run. The command sees the system's files and the given paths, but no
 * other files of users and no other processes, and has no capabilities.
 */
export function bubblewrapArguments(options: BubblewrapOptions): string[] {
  return [
    ...["--unshare-user-try", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ...(options.network === true ? [] : ["--unshare-net"]),
    ...["--hostname", "sandbox", "--cap-drop", "ALL", "--new-session"],
    ...(options.dieWithParent ? ["--die-with-parent"] : []),
    ...(options.seccompDescriptor === undefined ? [] : ["--seccomp", `${options.seccompDescriptor}`]),
    ...systemView(),
    ...nameResolution(options.network),
    ...["--proc", "/proc", ...kernelSettings(), "--dev", "/dev"],
    ...["/tmp", "/var/tmp", "/run"].flatMap((path) => [...size(options.temporaryMiB), "--tmpfs", path]),
    ...optional("--ro-bind-try", ["/sys/devices/system", "/nix/store"]),
    ...gpuView(options.devices ?? "none"),
    ...mounts(options),
    // Without this, the root would be a writable tmpfs.
    ...["--remount-ro", "/", "--chdir", options.workingDirectory],
  ];
}

function size(mebibytes: number | undefined): string[] {
  return mebibytes === undefined ? [] : ["--size", `${mebibytes * 2 ** 20}`];
}

function nameResolution(network: BubblewrapOptions["network"]): string[] {
  if (typeof network === "boolean") return [];
  // The resolver of slirp4netns. Without slirp4netns it cannot be reached, so unknown names fail at once.
  const resolver = join(hostSourceDirectory(), "seer_network", "resolv.conf");
  const hosts = network === "own" ? [] : ["--ro-bind", network.hosts, "/etc/hosts"];
  return ["--ro-bind", resolver, "/etc/resolv.conf", ...hosts];
}

function systemView(): string[] {
  const roots = systemDirectories.filter((path) => existsSync(path));
  return [
    ...["--ro-bind", "/usr", "/usr"],
    ...roots.flatMap((path) =>
      lstatSync(path).isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path],
    ),
    ...optional("--ro-bind-try", systemFiles),
  ];
}

/** Hides the user's keys, and makes the machine's settings read-only. */
function kernelSettings(): string[] {
  const keys = ["/proc/keys", "/proc/key-users"].filter((path) => existsSync(path));
  return [
    ...keys.flatMap((path) => ["--dev-bind", "/dev/null", path]),
    // If this process runs as root, the root of the sandbox's user namespace also owns /proc/sys.
    ...(process.getuid?.() === 0
      ? optional("--ro-bind", ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/acpi"])
      : []),
  ];
}

function gpuView(wanted: NonNullable<BubblewrapOptions["devices"]>): string[] {
  if (wanted === "none") return [];
  const isWanted = (name: string) => {
    const card = nvidiaCard.exec(name)?.[1];
    if (wanted === "gpu") return gpuDevices.test(name);
    return card === undefined ? name.startsWith("nvidia") : wanted.includes(Number(card));
  };
  const devices = readdirSync("/dev").filter(isWanted);
  return [
    ...optional(
      "--dev-bind-try",
      devices.map((name) => join("/dev", name)),
    ),
    ...optional("--ro-bind-try", gpuSystem),
  ];
}

function mounts({ readOnly = [], writable = [], symlinks = [], covered = [] }: BubblewrapOptions): string[] {
  const all = [
    ...readOnly.map(([from, to]) => ["--ro-bind", from, to]),
    ...writable.map(([from, to]) => ["--bind", from, to]),
    ...covered.map((path) => ["--tmpfs", path]),
    ...symlinks.map(([target, path]) => ["--symlink", target, path]),
  ];
  const depthOf = (mount: readonly string[]) => depth(mount.at(-1) ?? "");
  // A mount hides earlier mounts below it, so outer paths come first.
  const outerFirst = all.toSorted((a, b) => depthOf(a) - depthOf(b)).flat();
  return [...outerFirst, ...covered.flatMap((path) => ["--remount-ro", path])];
}

function depth(path: string): number {
  return path.split("/").filter((part) => part !== "").length;
}

function optional(flag: string, paths: readonly string[]): string[] {
  return paths.filter((path) => existsSync(path)).flatMap((path) => [flag, path, path]);
}

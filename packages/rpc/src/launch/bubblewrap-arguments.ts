import { existsSync, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** A path on this machine, and where it appears inside. */
export type Mount = readonly [hostPath: string, insidePath: string];

export interface BubblewrapOptions {
  readOnly?: readonly Mount[] | undefined;
  writable?: readonly Mount[] | undefined;
  /** Symbolic links to make inside: what they point to, and where they are. */
  symlinks?: readonly (readonly [target: string, insidePath: string])[] | undefined;
  workingDirectory: string;
  /** Whether the network of this machine can be used; else there is only a loopback of its own. */
  network: boolean;
  /** `"gpu"` adds the devices of NVIDIA and AMD cards, a list those of the NVIDIA cards with these numbers. @default "none" */
  devices?: "gpu" | "none" | readonly number[] | undefined;
  /** Ends everything inside when the process that started it ends. */
  dieWithParent: boolean;
}

// What programs need of the system beside /usr, none of it anybody's own.
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
 * Arguments for `bwrap`, before the command to run: a view of this machine with its system, the given paths, and
 * nothing else of its users; its own processes; no capabilities.
 */
export function bubblewrapArguments(options: BubblewrapOptions): string[] {
  return [
    ...["--unshare-user-try", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ...(options.network ? [] : ["--unshare-net"]),
    ...["--hostname", "sandbox", "--cap-drop", "ALL", "--new-session"],
    ...(options.dieWithParent ? ["--die-with-parent"] : []),
    ...systemView(),
    ...["--proc", "/proc", ...kernelSettings(), "--dev", "/dev"],
    ...["--tmpfs", "/tmp", "--tmpfs", "/var/tmp", "--tmpfs", "/run"],
    ...optional("--ro-bind-try", ["/sys/devices/system", "/nix/store"]),
    ...gpuView(options.devices ?? "none"),
    ...mounts(options),
    // Otherwise the root is a tmpfs that can be filled.
    ...["--remount-ro", "/", "--chdir", options.workingDirectory],
  ];
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

/** To the kernel the root of a user namespace owns /proc/sys, if it is root outside: it could change this machine. */
function kernelSettings(): string[] {
  if (process.getuid?.() !== 0) return [];
  return optional("--ro-bind", ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/acpi"]);
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

function mounts({ readOnly = [], writable = [], symlinks = [] }: BubblewrapOptions): string[] {
  const all = [
    ...readOnly.map(([from, to]) => ["--ro-bind", from, to] as const),
    ...writable.map(([from, to]) => ["--bind", from, to] as const),
    ...symlinks.map(([target, path]) => ["--symlink", target, path] as const),
  ];
  // A mount hides what was mounted below it before, so outer paths come first.
  return all.toSorted((a, b) => depth(a[2]) - depth(b[2])).flat();
}

function depth(path: string): number {
  return path.split("/").filter((part) => part !== "").length;
}

function optional(flag: string, paths: readonly string[]): string[] {
  return paths.filter((path) => existsSync(path)).flatMap((path) => [flag, path, path]);
}

import { existsSync, lstatSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** A directory or file of this machine and where it appears inside. */
export interface Mount {
  source: string;
  target: string;
  readOnly: boolean;
}

/** The directories at the root that hold programs and libraries; on most systems links into /usr. */
export const systemDirectories = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] as const;

/** What of /etc programs need to start, resolve names and check certificates. */
const SYSTEM_FILES = [
  "/etc/alternatives",
  "/etc/ca-certificates",
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/localtime",
  "/etc/pki",
  "/etc/resolv.conf",
  "/etc/ssl",
];

const INIT = fileURLToPath(new URL("../inside/init.ts", import.meta.url));

/** Where the emulator's own program and Node lie inside a sandbox. */
export const insidePaths = {
  node: "/__modal/node",
  init: "/__modal/inside/init.ts",
  run: "/__modal/run",
  packages: "/__modal/packages",
  programs: "/__modal/programs",
  certificates: "/__modal/certificates.pem",
} as const;

/** This machine's system, read-only, and the emulator's own program. */
export function hostMounts(): Mount[] {
  const real = systemDirectories.map((name) => `/${name}`).filter((path) => isRealDirectory(path));
  const paths = ["/usr", ...real, ...SYSTEM_FILES.filter((path) => existsSync(path)), "/sys"];
  const mounts = paths.map((path) => readOnly(path));
  mounts.push(
    readOnly(process.execPath, insidePaths.node),
    readOnly(dirname(INIT), dirname(insidePaths.init)),
  );
  if (existsSync("/var/lib/dpkg")) mounts.push(readOnly("/var/lib/dpkg", "/__modal/dpkg"));
  return mounts;
}

/** Files of one emulator that every container of its sees. */
export interface GuestFiles {
  /** The packages that apt-get pretends to install. */
  packages: string;
  /** A directory for each of those that come with programs. */
  programs: string;
  /** The certificate authorities of this machine and of the tunnels. */
  certificates: string;
}

export function guestMounts(files: GuestFiles): Mount[] {
  return [
    readOnly(files.packages, insidePaths.packages),
    readOnly(files.programs, insidePaths.programs),
    readOnly(files.certificates, insidePaths.certificates),
  ];
}

export function readOnly(source: string, target = source): Mount {
  return { source, target, readOnly: true };
}

export function writable(source: string, target = source): Mount {
  return { source, target, readOnly: false };
}

function isRealDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

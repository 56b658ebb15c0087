import { chmodSync, existsSync, lstatSync, readlinkSync } from "node:fs";
import { chmod, copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemDirectories } from "./host-mounts.ts";

const DIRECTORIES = [
  "__modal",
  "dev",
  "etc",
  "home",
  "media",
  "mnt",
  "opt",
  "proc",
  "root",
  "run",
  "srv",
  "sys",
  "usr/local/bin",
  "usr/local/lib",
  "var/cache",
  "var/lib",
  "var/log",
];

const FILES: Record<string, string> = {
  "etc/passwd":
    "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
  "etc/group": "root:x:0:\nnogroup:x:65534:\n",
  "etc/hosts": "127.0.0.1 localhost modal\n::1 localhost\n",
  "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
};

const APT_GET = fileURLToPath(new URL("../inside/apt-get.sh", import.meta.url));

/** The bottom of every image: an empty system, into which the machine's own /usr is mounted. */
export async function createBaseSkeleton(directory: string): Promise<void> {
  for (const path of DIRECTORIES) await mkdir(join(directory, path), { recursive: true });
  for (const path of ["tmp", "var/tmp"]) {
    await mkdir(join(directory, path), { recursive: true });
    chmodSync(join(directory, path), 0o1777);
  }
  for (const [path, text] of Object.entries(FILES)) await writeFile(join(directory, path), text);
  for (const name of systemDirectories) await mirrorSystemDirectory(directory, name);
  for (const name of ["apt-get", "apt"]) {
    const path = join(directory, "usr/local/bin", name);
    await copyFile(APT_GET, path);
    await chmod(path, 0o755);
  }
}

/** Programs look for /bin and /lib as they are on this machine: links into /usr, or directories of their own. */
async function mirrorSystemDirectory(directory: string, name: string): Promise<void> {
  const host = `/${name}`;
  if (!existsSync(host)) return;
  if (lstatSync(host).isSymbolicLink()) await symlink(readlinkSync(host), join(directory, name));
  else await mkdir(join(directory, name), { recursive: true });
}

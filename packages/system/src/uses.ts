import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { identify, isAlive, type ProcessIdentity } from "./process-identity.ts";
import { seerHome } from "./seer-home.ts";

// Each use of a stored item is a file named after the item and the process. The modification time of one more file is
// the time of the last use.

/** A process that uses a stored item, such as a Python environment. */
export interface StorageUser {
  readonly pid: number;
  /** The sandbox whose first process it is. */
  readonly sandbox?: string | undefined;
}

interface UserProcess extends ProcessIdentity {
  readonly sandbox?: string | undefined;
}

/**
 * Records that a process, by default this one, uses a stored item until the process ends. Call it before checking that
 * the item exists: removal first makes the item unavailable, and then looks for users.
 */
export async function noteUse(id: string, user?: UserProcess): Promise<void> {
  await mkdir(usesDirectory(), { recursive: true, mode: 0o700 });
  await writeFile(lastUseFile(id), "", { mode: 0o600 });
  const noted: UserProcess | undefined = user ?? identify(process.pid);
  if (noted === undefined) return;
  const { pid, startedAt, sandbox = "" } = noted;
  await writeFile(join(usesDirectory(), `${id}@${pid}-${encodeURIComponent(startedAt)}`), sandbox, {
    mode: 0o600,
  });
}

/** The running processes that use a stored item; records of ended processes are removed. */
export async function usersOf(id: string): Promise<StorageUser[]> {
  const users: StorageUser[] = [];
  for (const name of await readdir(usesDirectory()).catch(() => [])) {
    if (!name.startsWith(`${id}@`)) continue;
    const [, pid, startedAt = ""] = /^(\d+)-(.+)$/.exec(name.slice(id.length + 1)) ?? [];
    if (pid === undefined) continue;
    const file = join(usesDirectory(), name);
    if (isAlive({ pid: Number(pid), startedAt: decodeURIComponent(startedAt) })) {
      const sandbox = await readFile(file, "utf8").catch(() => "");
      users.push({ pid: Number(pid), ...(sandbox === "" ? {} : { sandbox }) });
    } else {
      await rm(file, { force: true });
    }
  }
  return users;
}

/** When a stored item was last used; undefined if never. */
export async function lastUseOf(id: string): Promise<Date | undefined> {
  return (await stat(lastUseFile(id)).catch(() => undefined))?.mtime;
}

/** Removes the time of the last use of a removed item; processes that wait to create it again remain its users. */
export async function forgetLastUse(id: string): Promise<void> {
  await rm(lastUseFile(id), { force: true });
}

function lastUseFile(id: string): string {
  return join(usesDirectory(), `${id}@last`);
}

function usesDirectory(): string {
  return join(seerHome(), "uses");
}

import { randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError } from "../../errors.ts";
import { sandboxesDirectory } from "./home.ts";
import { isRecordAlive, readRecord } from "./sandbox-directory.ts";

/**
 * Reserves a name for a sandbox, unless another running sandbox has it.
 *
 * @throws EnvironmentError `environment/name-taken`
 */
export async function claimName(name: string, id: string): Promise<void> {
  await mkdir(namesDirectory(), { recursive: true, mode: 0o700 });
  const own = temporaryFile(id);
  await writeFile(own, id, { flag: "wx", mode: 0o600 });
  try {
    // Unlike a write, a link makes the complete file appear at once.
    while (!(await tryLink(own, nameFile(name)))) {
      const holder = await idOfName(name);
      if (holder === undefined) continue;
      if (await isSandboxAlive(holder)) throw nameTaken(name, holder);
      await forgetName(name, holder);
    }
  } finally {
    await unlink(own);
  }
}

export async function idOfName(name: string): Promise<string | undefined> {
  return await readFile(nameFile(name), "utf8").catch(() => undefined);
}

export async function releaseName({ name, id }: { name: string; id: string }): Promise<void> {
  if ((await idOfName(name)) === id) await unlink(nameFile(name)).catch(() => {});
}

/** Removes the names of sandboxes that have ended. */
export async function clearNames(): Promise<void> {
  for (const name of await readdir(namesDirectory()).catch(() => [])) {
    const holder = await idOfName(name);
    // A record is written before its name, so a name without a record is left over.
    if (holder !== undefined && !(await isSandboxAlive(holder))) await forgetName(name, holder);
  }
}

/** Removes a name, unless another sandbox has claimed it in the meantime. */
async function forgetName(name: string, holder: string): Promise<void> {
  const taken = temporaryFile(holder);
  await rename(nameFile(name), taken).catch(() => {});
  const had = await readFile(taken, "utf8").catch(() => holder);
  if (had !== holder) await tryLink(taken, nameFile(name));
  await rm(taken, { force: true });
}

async function isSandboxAlive(id: string): Promise<boolean> {
  const record = await readRecord(id);
  return record !== undefined && isRecordAlive(record);
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function nameTaken(name: string, holder: string): EnvironmentError {
  return new EnvironmentError("environment/name-taken", `A sandbox called ${name} is running (${holder})`, {
    hint: `Choose another name, end that sandbox, or attach to it with Sandbox.fromId("${name}").`,
  });
}

/** Starts with a dot, which no sandbox name can. */
function temporaryFile(id: string): string {
  return join(namesDirectory(), `.${id}-${randomUUID()}`);
}

function nameFile(name: string): string {
  return join(namesDirectory(), name);
}

function namesDirectory(): string {
  return join(sandboxesDirectory(), ".names");
}

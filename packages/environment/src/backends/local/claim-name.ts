import { randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError } from "../../errors.ts";
import { sandboxesDirectory } from "./home.ts";
import { isRecordAlive, readRecord } from "./record.ts";

/**
 * Takes a name for a sandbox, as long as no other living one has it.
 *
 * @throws EnvironmentError `environment/name-taken`
 */
export async function claimName(name: string, id: string): Promise<void> {
  await mkdir(namesDirectory(), { recursive: true, mode: 0o700 });
  const own = aside(id);
  await writeFile(own, id, { flag: "wx", mode: 0o600 });
  try {
    // A link appears with its content, or not at all.
    while (!(await linked(own, nameFile(name)))) {
      const holder = await idOfName(name);
      if (holder === undefined) continue;
      if (await isLiving(holder)) throw taken(name, holder);
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

/** Removes the names of sandboxes that are gone, and what was left by processes that were taking one. */
export async function clearNames(): Promise<void> {
  for (const name of await readdir(namesDirectory()).catch(() => [])) {
    const holder = await idOfName(name);
    // Before there is a name, there is a record.
    if (holder !== undefined && !(await isLiving(holder))) await forgetName(name, holder);
  }
}

/** Removes a name, unless it has come to be another's meanwhile. */
async function forgetName(name: string, holder: string): Promise<void> {
  const taken = aside(holder);
  await rename(nameFile(name), taken).catch(() => {});
  const had = await readFile(taken, "utf8").catch(() => holder);
  if (had !== holder) await linked(taken, nameFile(name));
  await rm(taken, { force: true });
}

async function isLiving(id: string): Promise<boolean> {
  const record = await readRecord(id);
  return record !== undefined && isRecordAlive(record);
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function taken(name: string, holder: string): EnvironmentError {
  return new EnvironmentError("environment/name-taken", `A sandbox called ${name} is running (${holder})`, {
    hint: `Choose another name, end that one, or take it up with Sandbox.fromId("${name}").`,
  });
}

/** A name that no sandbox can have. */
function aside(id: string): string {
  return join(namesDirectory(), `.${id}-${randomUUID()}`);
}

function nameFile(name: string): string {
  return join(namesDirectory(), name);
}

function namesDirectory(): string {
  return join(sandboxesDirectory(), ".names");
}

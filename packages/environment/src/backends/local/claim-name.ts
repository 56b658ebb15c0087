import { mkdir, readFile, unlink, writeFile } from "node:fs/promises";
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
  const path = nameFile(name);
  await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
  for (;;) {
    try {
      await writeFile(path, id, { flag: "wx", mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = await idOfName(name);
    const record = holder === undefined ? undefined : await readRecord(holder);
    if (record !== undefined && isRecordAlive(record)) {
      throw new EnvironmentError(
        "environment/name-taken",
        `A sandbox called ${name} is running (${holder})`,
        {
          hint: `Choose another name, end that one, or take it up with Sandbox.fromId("${name}").`,
        },
      );
    }
    await unlink(path).catch(() => {});
  }
}

export async function idOfName(name: string): Promise<string | undefined> {
  return await readFile(nameFile(name), "utf8").catch(() => undefined);
}

export async function releaseName({ name, id }: { name: string; id: string }): Promise<void> {
  if ((await idOfName(name)) === id) await unlink(nameFile(name)).catch(() => {});
}

function nameFile(name: string): string {
  return join(sandboxesDirectory(), ".names", name);
}

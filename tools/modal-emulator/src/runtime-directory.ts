import { existsSync } from "node:fs";
import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeRootfs } from "./contain/rootfs.ts";

const NAME = /^modal-emulator-(\d+)-/;

/** A directory for as long as this process runs, and an end to those whose process was killed. */
export async function createRuntimeDirectory(): Promise<string> {
  const parent = tmpdir();
  for (const name of await readdir(parent)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await removeRuntimeDirectory(join(parent, name));
  }
  return mkdtemp(join(parent, `modal-emulator-${process.pid}-`));
}

/** Removes a runtime directory with the roots of all sandboxes in it; what another user owns stays. */
export async function removeRuntimeDirectory(directory: string): Promise<void> {
  const sandboxes = join(directory, "sandboxes");
  for (const name of await readdir(sandboxes).catch(() => []))
    await removeRootfs(join(sandboxes, name)).catch(() => {});
  await removeRootfs(directory).catch(() => {});
}

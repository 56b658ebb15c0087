import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface Scratch extends AsyncDisposable {
  readonly path: string;
}

/** A directory with these files in it, until the test is over. */
export async function scratch(files: Readonly<Record<string, string | Uint8Array>>): Promise<Scratch> {
  const path = await mkdtemp(join(tmpdir(), "seer-adapters-"));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

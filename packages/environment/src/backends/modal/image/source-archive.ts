import { readFile } from "node:fs/promises";
import { join, posix, sep } from "node:path";
import { gzipSync } from "node:zlib";
import { hostSourceDirectory } from "@seer/rpc/launch";
import { pythonSource } from "../../../python-source.ts";
import { walk } from "../../walk.ts";
import { tarArchive } from "./tar-archive.ts";

/**
 * Everything of Seer's that runs in a sandbox as a compressed tar archive: `init/` and `host/`. The same sources make
 * the same bytes on every machine, so that the layer with them is built once.
 */
export async function sourceArchive(): Promise<Buffer> {
  const entries = [
    ...(await collect(pythonSource(), "init")),
    ...(await collect(hostSourceDirectory(), "host")),
  ];
  const archive = gzipSync(tarArchive(entries), { level: 9 });
  // The byte that names the operating system.
  archive[9] = 255;
  return archive;
}

async function collect(directory: string, as: string) {
  const entries: { path: string; content: Buffer }[] = [];
  for await (const { path, isDirectory } of walk(directory)) {
    const parts = path.split(sep);
    if (isDirectory || parts.some((part) => part === "__pycache__" || part.startsWith("."))) continue;
    entries.push({ path: posix.join(as, ...parts), content: await readFile(join(directory, path)) });
  }
  return entries;
}

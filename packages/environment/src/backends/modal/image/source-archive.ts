import { readFile } from "node:fs/promises";
import { posix } from "node:path";
import { gzipSync } from "node:zlib";
import { walk } from "@seer/config";
import { hostSourceDirectory } from "@seer/rpc/launch";
import { toolsDirectory } from "@seer/system";
import { pythonSource } from "../../../runtime/python-source.ts";
import { tarArchive } from "./tar-archive.ts";

/**
 * Creates a compressed tar archive of all of Seer's files that run in a sandbox: `init/` and `host/`. Equal sources give
 * equal bytes on every machine, so that the image layer with them is cached.
 */
export async function sourceArchive(): Promise<Buffer> {
  const entries = [
    ...(await collect(pythonSource(), "init")),
    ...(await collect(toolsDirectory(), "init")),
    ...(await collect(hostSourceDirectory(), "host")),
  ];
  const archive = gzipSync(tarArchive(entries), { level: 9 });
  // Header byte for the operating system; 255 means unknown.
  archive[9] = 255;
  return archive;
}

async function collect(directory: string, as: string) {
  const entries: { path: string; content: Buffer }[] = [];
  const ignore = (name: string) => name === "__pycache__" || name.startsWith(".");
  for await (const { path, realPath, isDirectory } of walk(directory, { ignore })) {
    if (!isDirectory) entries.push({ path: posix.join(as, path), content: await readFile(realPath) });
  }
  return entries;
}

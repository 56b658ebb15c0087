import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";

/** Copies a layer with overlayfs's markers for removed files and opaque directories. */
export async function copyLayer(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await promisify(execFile)("cp", ["--archive", "--reflink=auto", source, target]);
}

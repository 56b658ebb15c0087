import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const root = dirname(createRequire(import.meta.url).resolve("@seer/expose-adapters/package.json"));

/** The path of one of this package's own files, independent of where the calling code was bundled. */
export function packageFile(path: string): string {
  return join(root, path);
}

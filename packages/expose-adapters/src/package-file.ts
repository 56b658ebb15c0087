import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const root = dirname(createRequire(import.meta.url).resolve("@seer/expose-adapters/package.json"));

/** The path of one of this package's own files, wherever the code that asks was bundled to. */
export function packageFile(path: string): string {
  return join(root, path);
}

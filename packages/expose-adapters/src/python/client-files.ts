import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFile } from "../package-file.ts";

/** The files of the Python client, which every library and skill includes, below a directory. */
export function clientFiles(directory: string): Record<string, string> {
  const source = packageFile("python/src/seer_client");
  const names = readdirSync(source).filter((name) => name.endsWith(".py"));
  return Object.fromEntries(
    names.sort().map((name) => [`${directory}/${name}`, readFileSync(join(source, name), "utf8")]),
  );
}

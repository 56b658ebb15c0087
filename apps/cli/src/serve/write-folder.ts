import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { CliError } from "../errors.ts";

const marker = ".gitignore";
const markerText = "# Written by `seer serve`; it holds a token.\n*\n";

/**
 * Writes generated files into a folder, readable for their owner only, in place of what an earlier `seer serve` wrote.
 *
 * @throws CliError `cli/destination-taken` rather than replace anything else
 */
export async function writeFolder(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  await assertReplaceable(folder);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [path, content] of Object.entries({ [marker]: markerText, ...files })) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode: 0o600 });
  }
}

/** @throws CliError `cli/destination-taken` when something is there that `writeFolder` did not write */
export async function assertReplaceable(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const mark = await readFile(join(folder, marker), "utf8").catch(() => "");
  if (mark === markerText || (await isEmptyFolder(folder))) return;
  throw new CliError(
    "cli/destination-taken",
    `${relative("", folder)} exists, and \`seer serve\` did not write it`,
    { hint: "Choose another place with --out, or another --name." },
  );
}

async function isEmptyFolder(path: string): Promise<boolean> {
  return (await readdir(path).catch(() => ["a file"])).length === 0;
}

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
export async function writeFolder(folder: string, files: Record<string, string>): Promise<void> {
  await clear(folder);
  await mkdir(folder, { recursive: true });
  for (const [path, content] of Object.entries({ [marker]: markerText, ...files })) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode: 0o600 });
  }
}

async function clear(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const isOurs = (await readFile(join(folder, marker), "utf8").catch(() => "")) === markerText;
  if (!isOurs && (await readdir(folder)).length > 0) {
    throw new CliError(
      "cli/destination-taken",
      `${relative("", folder)} exists, and \`seer serve\` did not write it`,
      {
        hint: "Choose another place with --out, or another --name.",
      },
    );
  }
  await rm(folder, { recursive: true });
}

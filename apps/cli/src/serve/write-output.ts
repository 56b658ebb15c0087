import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { CliError } from "../errors.ts";

const marker = ".gitignore";
const markerText = "# Written by `seer serve`; it holds a token.\n*\n";

/**
 * Writes generated files to a folder, readable only for their owner; replaces the files of an earlier `seer serve`.
 *
 * @throws CliError `cli/destination-taken` instead of replacing anything else
 */
export async function writeFolder(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  await assertReplaceable(folder);
  await rm(folder, { recursive: true, force: true });
  for (const [path, content] of Object.entries({ [marker]: markerText, ...files })) {
    await writePrivate(join(folder, path), content);
  }
}

/** @throws CliError `cli/destination-taken` if the folder contains something that `writeFolder` did not write */
export async function assertReplaceable(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const mark = await readFile(join(folder, marker), "utf8").catch(() => "");
  const entries = await readdir(folder).catch(() => ["it is a file"]);
  if (mark !== markerText && entries.length > 0) throw taken(folder);
}

/**
 * Writes one generated file, readable only for its owner; an existing file must be an earlier version of it.
 *
 * @throws CliError `cli/destination-taken` instead of replacing anything else
 */
export async function writeOneFile(
  file: string,
  text: string,
  isEarlier: (existing: string) => boolean,
): Promise<void> {
  const existing = await readFile(file, "utf8").catch(() => undefined);
  if (existing !== undefined && !isEarlier(existing)) throw taken(file);
  // Create a new file, because writing to an existing one keeps its permissions.
  await rm(file, { force: true });
  await writePrivate(file, text);
}

async function writePrivate(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content, { mode: 0o600 });
}

function taken(path: string): CliError {
  const message = `${relative("", path)} exists, and \`seer serve\` did not write it`;
  return new CliError("cli/destination-taken", message, {
    hint: "Choose another place with --out, or another --name.",
  });
}

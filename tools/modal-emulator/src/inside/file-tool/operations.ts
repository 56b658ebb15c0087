import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { lstat, mkdir, open, readdir, rename, rm, rmdir, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describeEntry } from "./describe-entry.ts";
import { type WatchArgument, watchPath } from "./watch-path.ts";

/** The tool's command line: one operation with its argument. */
export interface FileCommand {
  ReadFile?: { path: string };
  WriteFile?: { path: string };
  ListFiles?: { path: string };
  Stat?: { path: string };
  MakeDirectory?: { path: string; parents: boolean };
  Remove?: { path: string; recursive: boolean };
  Watch?: WatchArgument;
}

interface ToolStreams {
  stdin: Readable;
  stdout: Writable;
  signal: AbortSignal;
}

type Operation<Argument> = (argument: Argument, streams: ToolStreams) => Promise<void>;

/** Every operation, by the name it has in the tool's command line. */
export const operations: { [Name in keyof FileCommand]-?: Operation<NonNullable<FileCommand[Name]>> } = {
  async ReadFile({ path }, { stdout, signal }) {
    const handle = await open(path);
    await handle.close();
    if ((await stat(path)).isDirectory()) throw Object.assign(new Error(path), { code: "EISDIR" });
    for await (const chunk of createReadStream(path)) {
      if (!stdout.write(chunk)) await once(stdout, "drain", { signal });
    }
  },

  /** Writes beside the file and renames, so that a broken upload leaves what was there. */
  async WriteFile({ path }, { stdin, signal }) {
    await mkdir(dirname(path), { recursive: true }).catch(notADirectory);
    const existing = await stat(path).catch(() => undefined);
    if (existing?.isDirectory()) throw Object.assign(new Error(path), { code: "EISDIR" });
    const temporary = `${path}.modal-upload-${process.hrtime.bigint()}`;
    try {
      await pipeline(stdin, createWriteStream(temporary, { mode: existing?.mode ?? 0o644 }), { signal });
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  },

  async ListFiles({ path }, { stdout }) {
    const names = (await readdir(path)).sort();
    const entries = await Promise.all(names.map((name) => describeEntry(join(path, name))));
    stdout.write(JSON.stringify(entries));
  },

  async Stat({ path }, { stdout }) {
    stdout.write(JSON.stringify(await describeEntry(path)));
  },

  async MakeDirectory({ path, parents }) {
    await mkdir(path, { recursive: parents });
  },

  async Remove({ path, recursive }) {
    const entry = await lstat(path);
    if (!entry.isDirectory()) await unlink(path);
    else if (recursive) await rm(path, { recursive: true });
    else await rmdir(path);
  },

  Watch: watchPath,
};

/** A parent that is a file: Node says that it exists, where the tool says what is wrong with it. */
function notADirectory(error: NodeJS.ErrnoException): never {
  if (error.code === "EEXIST") error.code = "ENOTDIR";
  throw error;
}

import { dirname, posix } from "node:path";
import { Mutex, sandboxPaths } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import { runCommand } from "../runtime/run-command.ts";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { InterfaceRecord } from "../runtime/sandbox-state.ts";
import { digestOf, type InterfaceFiles, readInterfaceFiles } from "./interface-files.ts";

export interface UploadRequest {
  source: string;
  name: string;
  signal: AbortSignal | undefined;
}

/** Sandbox paths of an interface's files, and their hash. */
export type UploadedFiles = Pick<InterfaceRecord, "files" | "digest">;

/** The result of replacing an interface's files. */
export interface Replacement extends UploadedFiles {
  /** Restores the previous files. */
  undo(): Promise<void>;
}

/** An interface file on this machine, with the sandbox paths of its files. */
interface UploadedInterface {
  readonly source: string;
  readonly files: readonly string[];
}

/** Uploads interface files, and prevents those of one interface from overwriting those of another. */
export class InterfaceUploads {
  readonly #uploaded: ReadonlySet<string>;
  readonly #recorded: UploadedInterface[] = [];
  readonly #mutex = new Mutex();

  /** @param uploaded Sandbox paths of files that the user has uploaded; they are not overwritten. */
  constructor(uploaded: ReadonlySet<string>) {
    this.#uploaded = uploaded;
  }

  /** Uploads an interface file and the files next to it that it imports. The first returned path is the interface file. */
  async upload(instance: SandboxInstance, { source, name, signal }: UploadRequest): Promise<UploadedFiles> {
    const local = await readInterfaceFiles(source, signal);
    return await this.#mutex.run(async () => {
      const directory = this.#directoryFor(source, local, name, instance.state.interfaces);
      this.#recorded.push({ source, files: pathsIn(directory, local) });
      const files = this.#ownFiles(directory, local);
      await write(instance, files, signal);
      return { files: [...files.keys()], digest: digestOf(files) };
    }, signal);
  }

  /**
   * Uploads the files of an interface again to their paths, and removes those that it no longer imports. Returns undefined
   * if no file was edited, unless `force` is set.
   *
   * @throws EnvironmentError `environment/name-taken` if it now imports a file whose path belongs to another interface
   */
  async replace(
    instance: SandboxInstance,
    record: InterfaceRecord,
    { force, signal }: { force: boolean; signal: AbortSignal | undefined },
  ): Promise<Replacement | undefined> {
    const { source, name } = record;
    const local = await readInterfaceFiles(source, signal);
    const directory = posix.dirname(record.file);
    const files = this.#ownFiles(directory, local);
    const digest = digestOf(files);
    if (digest === record.digest && !force) return undefined;
    return await this.#mutex.run(async () => {
      const others = instance.state.interfaces.filter((other) => other.name !== name);
      checkPathsAreFree(files, record, [...others, ...this.#recorded]);
      const kept = new Set([...files.keys(), ...this.#uploaded, ...others.flatMap((other) => other.files)]);
      const removed = record.files.filter((path) => !kept.has(path));
      const before = await read(instance, record.files);
      const added = [...files.keys()].filter((path) => !before.has(path));
      const restore = async () => {
        await write(instance, before, undefined);
        await remove(instance, [...added, ...bytecodeOf(before)]);
      };
      try {
        await write(instance, files, signal);
        await remove(instance, [...removed, ...bytecodeOf(files)]);
      } catch (error) {
        await restore().catch(() => {});
        throw error;
      }
      this.#recorded.push({ source, files: pathsIn(directory, local) });
      return { files: [...files.keys()], digest, undo: () => this.#mutex.run(restore) };
    }, signal);
  }

  /** Excludes files that the user has uploaded to the same path, except for the interface file itself. */
  #ownFiles(directory: string, local: InterfaceFiles): InterfaceFiles {
    const files = [...local].map(([path, content]) => [posix.join(directory, path), content] as const);
    return new Map(files.filter(([path], index) => index === 0 || !this.#uploaded.has(path)));
  }

  /** The workspace, or a subdirectory if files from another folder have the same names there. */
  #directoryFor(
    source: string,
    local: InterfaceFiles,
    name: string,
    served: readonly UploadedInterface[],
  ): string {
    const paths = new Set(pathsIn(sandboxPaths.workspace, local));
    const isTaken = [...served, ...this.#recorded].some(
      (other) => dirname(other.source) !== dirname(source) && other.files.some((file) => paths.has(file)),
    );
    return isTaken ? posix.join(sandboxPaths.workspace, name) : sandboxPaths.workspace;
  }
}

function pathsIn(directory: string, local: InterfaceFiles): string[] {
  return [...local.keys()].map((path) => posix.join(directory, path));
}

function checkPathsAreFree(
  files: InterfaceFiles,
  { source, name }: InterfaceRecord,
  others: readonly UploadedInterface[],
): void {
  for (const path of files.keys()) {
    const owner = others.find(
      (other) => dirname(other.source) !== dirname(source) && other.files.includes(path),
    );
    if (owner === undefined) continue;
    throw new EnvironmentError(
      "environment/name-taken",
      `${name} now imports ${posix.basename(path)}, but ${path} in the sandbox belongs to ${owner.source}`,
      { hint: "Rename the imported file, or serve this interface under another `name`." },
    );
  }
}

/** Skips files that no longer exist. */
async function read(instance: SandboxInstance, paths: readonly string[]): Promise<InterfaceFiles> {
  const files = new Map<string, Uint8Array>();
  for (const path of paths) {
    try {
      files.set(path, await instance.readFile(path));
    } catch (error) {
      if (!EnvironmentError.isInstance(error) || error.code !== "environment/file-failed") throw error;
    }
  }
  return files;
}

async function write(
  instance: SandboxInstance,
  files: InterfaceFiles,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const [path, content] of files) {
    signal?.throwIfAborted();
    await instance.writeFile(path, content);
  }
}

async function remove(instance: SandboxInstance, paths: readonly string[]): Promise<void> {
  await runCommand(instance, { argv: ["rm", "-rf", "--", ...paths.map((path) => instance.realPath(path))] });
}

/** Bytecode directories. Python would use stale bytecode after an edit of the same size within the same second. */
function bytecodeOf(files: InterfaceFiles): ReadonlySet<string> {
  return new Set([...files.keys()].map((path) => posix.join(posix.dirname(path), "__pycache__")));
}

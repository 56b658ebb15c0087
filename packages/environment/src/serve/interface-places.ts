import { basename, dirname, join, posix } from "node:path";
import { sandboxPaths } from "@seer/config";
import type { Machine } from "../backends/backend.ts";
import { uploadFile } from "../backends/upload.ts";
import { Turns } from "../turns.ts";
import { findNeighbours } from "./find-neighbours.ts";

export interface PlaceRequest {
  source: string;
  name: string;
  signal: AbortSignal | undefined;
}

/** An interface file of this machine, and where it and its neighbours are in the sandbox. */
interface Placed {
  readonly source: string;
  readonly files: readonly string[];
}

/** Puts interface files into a sandbox, so that none comes in another's way. */
export class InterfacePlaces {
  readonly #uploaded: ReadonlySet<string>;
  readonly #placed: Placed[] = [];
  readonly #turns = new Turns();

  /** @param uploaded Paths in the sandbox where the user has put files, which stay as they are. */
  constructor(uploaded: ReadonlySet<string>) {
    this.#uploaded = uploaded;
  }

  /** Uploads an interface file with the files beside it that it imports; the first path is its own. */
  async place(machine: Machine, { source, name, signal }: PlaceRequest): Promise<readonly string[]> {
    const local = [basename(source), ...(await findNeighbours(source, signal))];
    return await this.#turns.take(async () => {
      const directory = this.#directoryFor(source, local, name, machine.state.interfaces);
      const files = local.map((file) => posix.join(directory, file));
      this.#placed.push({ source, files });
      for (const [index, file] of files.entries()) {
        signal?.throwIfAborted();
        const isUsers = index > 0 && this.#uploaded.has(file);
        if (!isUsers) await uploadFile(machine, join(dirname(source), local[index] ?? ""), file);
      }
      return files;
    });
  }

  /** The workspace itself, beside uploaded files, unless files of another folder have the same names there. */
  #directoryFor(source: string, local: readonly string[], name: string, served: readonly Placed[]): string {
    const wanted = new Set(local.map((file) => posix.join(sandboxPaths.workspace, file)));
    const isTaken = [...served, ...this.#placed].some(
      (other) => dirname(other.source) !== dirname(source) && other.files.some((file) => wanted.has(file)),
    );
    return isTaken ? posix.join(sandboxPaths.workspace, name) : sandboxPaths.workspace;
  }
}

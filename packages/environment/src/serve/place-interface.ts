import { basename, dirname, join, posix } from "node:path";
import { sandboxPaths } from "@seer/config";
import type { InterfaceRecord, Machine } from "../backends/backend.ts";
import { uploadFile } from "../backends/upload.ts";
import { findNeighbours } from "./find-neighbours.ts";

export interface PlaceRequest {
  source: string;
  name: string;
  /** Paths in the sandbox where the user has put files: those stay as they are. */
  uploaded: ReadonlySet<string>;
  signal?: AbortSignal | undefined;
}

/** Puts an interface file into the sandbox with the files beside it that it imports; its path is the first. */
export async function placeInterface(machine: Machine, request: PlaceRequest): Promise<string[]> {
  const { source, name, uploaded, signal } = request;
  const files = [basename(source), ...(await findNeighbours(source, signal))];
  const directory = directoryFor(files, request, machine.state.interfaces);
  const targets = files.map((file) => posix.join(directory, file));
  for (const [index, file] of files.entries()) {
    signal?.throwIfAborted();
    const target = targets[index] ?? join(directory, name);
    const isOwn = index > 0 && uploaded.has(target);
    if (!isOwn) await uploadFile(machine, join(dirname(source), file), target);
  }
  return targets;
}

/** The workspace itself, so that uploaded files are beside it, unless files of another folder have the same names there. */
function directoryFor(
  files: readonly string[],
  { source, name }: PlaceRequest,
  served: readonly InterfaceRecord[],
): string {
  const wanted = new Set(files.map((file) => posix.join(sandboxPaths.workspace, file)));
  const isTaken = served.some(
    (other) => dirname(other.source) !== dirname(source) && other.files.some((file) => wanted.has(file)),
  );
  return isTaken ? posix.join(sandboxPaths.workspace, name) : sandboxPaths.workspace;
}

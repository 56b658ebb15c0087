import { realpath } from "node:fs/promises";
import { join } from "node:path";
import type { WriteTarget } from "@seer/config";
import { directoryTarget, installWorkspace, type Library, Workspace } from "@seer/workspace";
import { ExecutionError } from "../errors.ts";

/** The directory of a session, and the libraries installed in it. */
export class WorkspaceDirectory {
  readonly path: string;
  readonly libraryDir: string;
  readonly #target: WriteTarget;
  readonly #libraries = new Map<string, Library>();
  #outputs = 0;

  private constructor(path: string) {
    this.path = path;
    this.libraryDir = join(path, "lib");
    this.#target = directoryTarget(path);
  }

  static async open(path: string): Promise<WorkspaceDirectory> {
    try {
      await directoryTarget(path).ensureDir(".");
      return new WorkspaceDirectory(await realpath(path));
    } catch (cause) {
      const message = `The \`workspaceDir\` ${path} cannot be created or opened: ${(cause as Error).message}`;
      throw new ExecutionError("execution/unusable-directory", message, { cause });
    }
  }

  async install(workspace: Workspace, signal?: AbortSignal): Promise<void> {
    await installWorkspace(workspace, this.#target, { root: this.path, signal });
    for (const library of workspace.libraries) this.#libraries.set(library.name, library);
  }

  get libraries(): string[] {
    return [...this.#libraries.keys()];
  }

  get libraryDocs(): string {
    return new Workspace({ libraries: [...this.#libraries.values()] }).getLibraryDocs();
  }

  /** Saves output that is too long to show, and returns its path in the directory. */
  async saveOutput(text: string): Promise<string> {
    const path = `.seer/output-${++this.#outputs}.txt`;
    await this.#target.writeFile(path, text);
    return path;
  }
}

import type { WriteTarget } from "@seer/config";
import type { TreeEntry } from "./backend.ts";

/** Gathers small files, to be written together. */
export class GatheringTarget implements WriteTarget {
  readonly #entries: TreeEntry[] = [];

  async writeFile(path: string, content: string | Uint8Array): Promise<void> {
    this.#entries.push({ path, file: { content: only(Buffer.from(content)), executable: false } });
  }

  async ensureDir(path: string): Promise<void> {
    this.#entries.push({ path });
  }

  async *entries(): AsyncGenerator<TreeEntry, void> {
    yield* this.#entries;
  }
}

async function* only(content: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield content;
}

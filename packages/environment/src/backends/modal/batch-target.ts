import type { WriteTarget } from "@seer/config";
import type { TreeEntry } from "../../runtime/sandbox-instance.ts";

/** Collects small files so that they can be written in one request. */
export class BatchTarget implements WriteTarget {
  readonly #entries: TreeEntry[] = [];

  async writeFile(path: string, content: string | Uint8Array): Promise<void> {
    this.#entries.push({ path, file: { content: toIterable(Buffer.from(content)), executable: false } });
  }

  async ensureDir(path: string): Promise<void> {
    this.#entries.push({ path });
  }

  async *entries(): AsyncGenerator<TreeEntry, void> {
    yield* this.#entries;
  }
}

async function* toIterable(content: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield content;
}

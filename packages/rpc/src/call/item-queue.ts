/** The items of a stream that have arrived but have not been read. */
export class ItemQueue {
  readonly #items: unknown[] = [];
  #end: { error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  push(item: unknown): void {
    this.#items.push(item);
    this.#wake?.();
  }

  end(end: { error?: unknown }): void {
    this.#end ??= end;
    this.#wake?.();
  }

  /** Waits for the next item; after the last one, throws the stream's error, if any. */
  async next(): Promise<{ item: unknown } | undefined> {
    while (this.#items.length === 0) {
      if (this.#end !== undefined) {
        if ("error" in this.#end) throw this.#end.error;
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return { item: this.#items.shift() };
  }
}

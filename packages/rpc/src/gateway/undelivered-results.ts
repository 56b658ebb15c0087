/** IDs of forwarded calls whose results no client has received yet. */
export class UndeliveredResults {
  readonly #ids = new Set<string>();

  get ids(): readonly string[] {
    return [...this.#ids];
  }

  sent(id: string): void {
    this.#ids.add(id);
  }

  delivered(id: string): void {
    this.#ids.delete(id);
  }

  clear(): void {
    this.#ids.clear();
  }
}

/** The calls whose results nobody has got yet, as far as they came through here. */
export class Undelivered {
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

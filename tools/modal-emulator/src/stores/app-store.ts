import { createId } from "../ids.ts";
import { StatusError } from "../wire/status-error.ts";

/** How a client asks for a named object: find it, or make it when it is missing. */
export const creationType = { find: 0, createIfMissing: 1, ephemeral: 5 } as const;

/** Apps by name; a sandbox belongs to one. */
export class AppStore {
  readonly #ids = new Map<string, string>();

  getOrCreate(name: string, creation: number): string {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    if (creation !== creationType.createIfMissing)
      throw new StatusError("NOT_FOUND", `App '${name}' not found`);
    const id = createId("ap");
    this.#ids.set(name, id);
    return id;
  }

  find(name: string): string {
    return this.getOrCreate(name, creationType.find);
  }

  require(id: string): void {
    if (![...this.#ids.values()].includes(id))
      throw new StatusError("NOT_FOUND", `App with ID ${id} not found`);
  }
}

import { createId } from "../ids.ts";
import { StatusError } from "../wire/status-error.ts";

/** A secret as a client sends it with a sandbox or command: by id, or as plain variables. */
export interface SecretSource {
  secretId?: string;
  env?: { contents: Record<string, string> };
}

/** Named secrets, which only the emulator's options can make, and nameless ones, which clients make. */
export class SecretStore {
  readonly #byId = new Map<string, Record<string, string>>();
  readonly #names = new Map<string, string>();

  constructor(named: Readonly<Record<string, Readonly<Record<string, string>>>> = {}) {
    for (const [name, values] of Object.entries(named)) this.#names.set(name, this.create({ ...values }));
  }

  create(values: Record<string, string>): string {
    const id = createId("st");
    this.#byId.set(id, values);
    return id;
  }

  findByName(name: string, requiredKeys: readonly string[]): string {
    const id = this.#names.get(name);
    if (id === undefined) throw new StatusError("NOT_FOUND", `Secret '${name}' not found`);
    const values = this.#byId.get(id) ?? {};
    const missing = requiredKeys.filter((key) => !(key in values));
    if (missing.length > 0) {
      throw new StatusError("FAILED_PRECONDITION", `Secret is missing key(s): ${missing.join(", ")}`);
    }
    return id;
  }

  delete(id: string): void {
    this.values(id);
    this.#byId.delete(id);
    for (const [name, known] of this.#names) if (known === id) this.#names.delete(name);
  }

  values(id: string): Record<string, string> {
    const values = this.#byId.get(id);
    if (values === undefined) throw new StatusError("NOT_FOUND", `Secret with ID ${id} not found`);
    return values;
  }

  /** The variables of several secrets; of a name in two of them, the later counts. */
  merge(ids: readonly string[], sources: readonly SecretSource[] = []): Record<string, string> {
    const env: Record<string, string> = {};
    for (const id of ids) Object.assign(env, this.values(id));
    for (const { secretId, env: plain } of sources) {
      Object.assign(env, secretId === undefined ? plain?.contents : this.values(secretId));
    }
    return env;
  }
}

import { takeName, typescriptName } from "../interface/identifiers.ts";
import type { Interface, NamedType } from "../interface/model.ts";

/** Names of types that the printed code means as TypeScript does, or that no type can have. */
const builtins = (
  "Array AsyncGenerator Date Map Promise Record Uint8Array " +
  "any bigint boolean never number object string symbol undefined unknown"
).split(" ");
/** Names that no module can export a function by. */
const globals = ["globalThis", "undefined"];

/**
 * The names in a module: its functions and types come first, and whatever the printed code needs besides gets a name
 * that they have left.
 */
export class TypeScriptNames {
  readonly #functions = new Map<string, string>();
  readonly #types = new Map<NamedType, string>();
  readonly #imports = new Map<string, string>();
  readonly #values = new Set(globals);
  readonly #typeNames = new Set(builtins);

  constructor({ functions, types }: Interface) {
    for (const { name } of functions) this.#functions.set(name, takeName(typescriptName(name), this.#values));
    for (const type of types) this.#types.set(type, takeName(typescriptName(type.name), this.#typeNames));
  }

  function(name: string): string {
    return this.#functions.get(name) ?? name;
  }

  type(type: NamedType): string {
    return this.#types.get(type) ?? type.name;
  }

  /** A name that neither a value nor a type of the module has. */
  private(name: string): string {
    const free = takeName(typescriptName(name), new Set([...this.#values, ...this.#typeNames]));
    this.#values.add(free);
    this.#typeNames.add(free);
    return free;
  }

  /** How to say something of `@seer/rpc`, which is imported from now on. */
  from(name: string): string {
    const local = this.#imports.get(name) ?? this.private(name);
    this.#imports.set(name, local);
    return local;
  }

  /** What to import of `@seer/rpc`: its names there, and here. */
  get imports(): ReadonlyMap<string, string> {
    return this.#imports;
  }
}

import { isPythonName, pythonName, takeName } from "../interface/identifiers.ts";
import type { Interface, NamedType } from "../interface/model.ts";

/**
 * The names in a module: its own functions and types come first, and whatever the printed code needs besides is
 * imported under another name where they have taken its own. A function may be called `list`, or `Any`.
 */
export class PythonNames {
  readonly #functions = new Map<string, string>();
  readonly #types = new Map<NamedType, string>();
  readonly #imports = new Map<string, Map<string, string>>();
  readonly #taken = new Set<string>();

  /** Functions that are not given are not defined in the module, and called exactly what they are. */
  constructor({ functions, types }: Pick<Interface, "functions" | "types">) {
    // A name that needs no change has the first claim to it.
    const byChange = [...functions].sort(
      (a, b) => Number(isPythonName(b.name)) - Number(isPythonName(a.name)),
    );
    for (const { name } of byChange) this.#functions.set(name, takeName(pythonName(name), this.#taken));
    for (const type of types) this.#types.set(type, takeName(pythonName(type.name), this.#taken));
  }

  function(name: string): string {
    return this.#functions.get(name) ?? name;
  }

  type(type: NamedType): string {
    return this.#types.get(type) ?? type.name;
  }

  /** A name of the module's own that nothing else has. */
  private(name: string): string {
    return takeName(name, this.#taken);
  }

  /** How to say one of Python's builtins. */
  builtin(name: string): string {
    return this.#taken.has(name) ? this.from("builtins", name) : name;
  }

  /** How to say something of another module, which is imported from now on. */
  from(module: string, name: string): string {
    const names = this.#imports.get(module) ?? new Map<string, string>();
    this.#imports.set(module, names);
    const known = names.get(name);
    if (known !== undefined) return known;
    const local = this.#taken.has(name) ? takeName(`_${name}`, this.#taken) : takeName(name, this.#taken);
    names.set(name, local);
    return local;
  }

  /** The import statements, sorted as linters want them. */
  get imports(): string[] {
    return [...this.#imports].sort(byModule).map(([module, names]) => {
      const items = [...names].sort().map(([name, local]) => (name === local ? name : `${name} as ${local}`));
      return `from ${module} import ${items.join(", ")}`;
    });
  }
}

function byModule([a]: [string, unknown], [b]: [string, unknown]): number {
  const local = Number(a.startsWith(".")) - Number(b.startsWith("."));
  return local !== 0 ? local : a < b ? -1 : 1;
}

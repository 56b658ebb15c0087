import { pythonName, takeName } from "../interface/identifiers.ts";
import type { Interface, NamedType } from "../interface/model.ts";

/**
 * The names in a module. The module's own functions and types keep their names; if an imported name conflicts, it is
 * imported under another name, because a function may be called `list` or `Any`.
 */
export class PythonNames {
  readonly #types = new Map<NamedType, string>();
  readonly #imports = new Map<string, Map<string, string>>();
  readonly #taken: Set<string>;

  /** Pass only the functions that are defined in the module. */
  constructor({ functions, types }: Pick<Interface, "functions" | "types">) {
    this.#taken = new Set(functions.map(({ name }) => name));
    for (const type of types) this.#types.set(type, takeName(pythonName(type.name), this.#taken));
  }

  type(type: NamedType): string {
    return this.#types.get(type) ?? type.name;
  }

  /** A unique name in the module. */
  private(name: string): string {
    return takeName(name, this.#taken);
  }

  /** The expression for one of Python's builtins. */
  builtin(name: string): string {
    return this.#taken.has(name) ? this.from("builtins", name) : name;
  }

  /** The expression for a name in another module, which is added to the imports. */
  from(module: string, name: string): string {
    const names = this.#imports.get(module) ?? new Map<string, string>();
    this.#imports.set(module, names);
    const known = names.get(name);
    if (known !== undefined) return known;
    const local = this.#taken.has(name) ? takeName(`_${name}`, this.#taken) : takeName(name, this.#taken);
    names.set(name, local);
    return local;
  }

  /** The import statements, in the order that linters require. */
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

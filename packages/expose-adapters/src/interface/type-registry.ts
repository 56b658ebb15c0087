import type { JsonSchema } from "@seer/rpc";
import { pythonName, takeName } from "./identifiers.ts";
import type { Field, NamedType, Shape } from "./model.ts";

/** Whether a value goes to a function or comes from it. */
export type Direction = "argument" | "result";

type Definitions = Readonly<Record<string, JsonSchema>>;
type Read = (schema: unknown) => Shape;

/**
 * The named types of an interface. Each schema brings its own definitions; those that say the same are one type.
 *
 * A dataclass may be one type as an argument, where fields with defaults can be left out, and another as a result,
 * where all are there.
 */
export class TypeRegistry {
  readonly #byContent = new Map<string, NamedType>();
  readonly #names = new Set<string>();

  get all(): readonly NamedType[] {
    return [...this.#byContent.values()];
  }

  get(name: string, definitions: Definitions, direction: Direction, read: Read): NamedType {
    const closure = new Map<string, unknown>();
    collect(name, definitions, direction, closure);
    const content = JSON.stringify([...closure]);
    const known = this.#byContent.get(content);
    if (known !== undefined) return known;
    const definition = definitions[name] ?? {};
    const type = {
      name: this.#nameFor(textOf(definition.title) || name, direction),
      description: textOf(definition.description),
      body: { fields: [] } as NamedType["body"],
    };
    // Known before its body is read, which may refer back to it.
    this.#byContent.set(content, type);
    type.body = readBody(definition, requiredFields(definition, direction), read);
    return type;
  }

  #nameFor(title: string, direction: Direction): string {
    const name = pythonName(title);
    return takeName(direction === "argument" && this.#names.has(name) ? `${name}Input` : name, this.#names);
  }
}

function readBody(definition: JsonSchema, required: ReadonlySet<string>, read: Read): NamedType["body"] {
  if (definition.properties === undefined) return { alias: read(definition) };
  const fields = Object.entries(definition.properties as Definitions).map(
    ([name, schema]): Field => ({
      name,
      shape: read(schema),
      required: required.has(name),
      description: textOf(schema.description),
    }),
  );
  return { fields };
}

function requiredFields(definition: JsonSchema, direction: Direction): ReadonlySet<string> {
  const always = ["dataclass", "namedtuple"].includes(textOf(definition["x-python"]));
  if (direction === "result" && always) return new Set(Object.keys(definition.properties ?? {}));
  return new Set((definition.required as string[] | undefined) ?? []);
}

/** The definition and all that it refers to, as they are in this direction. */
function collect(
  name: string,
  definitions: Definitions,
  direction: Direction,
  found: Map<string, unknown>,
): void {
  const definition = definitions[name];
  if (definition === undefined || found.has(name)) return;
  const required = [...requiredFields(definition, direction)].sort();
  const content = JSON.stringify({ ...definition, required });
  found.set(name, content);
  for (const [, other] of content.matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)) {
    collect(other as string, definitions, direction, found);
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

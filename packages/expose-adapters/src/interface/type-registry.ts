import type { JsonSchema } from "@seer/rpc";
import { pythonName, takeName } from "./identifiers.ts";
import type { Field, NamedType, Shape } from "./model.ts";

/** Whether a value is an argument or a result. */
export type Direction = "argument" | "result";

type Definitions = Readonly<Record<string, JsonSchema>>;
type Read = (schema: unknown) => Shape;

/**
 * The named types of an interface. Each schema has its own definitions; equal definitions become one type.
 *
 * A dataclass may become two types: as an argument, fields with defaults are optional; as a result, all are present.
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
    // Registered before its body is read, because the body may refer to it.
    this.#byContent.set(content, type);
    type.body = readBody(definition, requiredFields(definition, direction), read);
    if ("alias" in type.body && isAliasOf(type.body.alias, type)) type.body = { alias: { kind: "any" } };
    return type;
  }

  #nameFor(title: string, direction: Direction): string {
    const name = pythonName(title);
    return takeName(direction === "argument" && this.#names.has(name) ? `${name}Input` : name, this.#names);
  }
}

/** Whether a shape only refers to a type, directly or through aliases, so that the type would be its own definition. */
function isAliasOf(shape: Shape, type: NamedType, seen = new Set<NamedType>()): boolean {
  if (shape.kind === "union") return shape.options.some((option) => isAliasOf(option, type, seen));
  if (shape.kind !== "named" || seen.has(shape.type)) return false;
  seen.add(shape.type);
  return shape.type === type || ("alias" in shape.type.body && isAliasOf(shape.type.body.alias, type, seen));
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

/** Collects a definition and all definitions that it refers to, in the form for this direction. */
function collect(
  name: string,
  definitions: Definitions,
  direction: Direction,
  found: Map<string, unknown>,
): void {
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
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

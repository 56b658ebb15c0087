import type { JsonSchema } from "@seer/rpc";
import { type LiteralValue, type Rules, type Shape, specialKinds } from "./model.ts";
import { unionOf } from "./shapes.ts";
import type { Direction, TypeRegistry } from "./type-registry.ts";

const numberRules = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const stringRules = ["minLength", "maxLength", "pattern"];
const listRules = ["minItems", "maxItems"];

/** Python does not parse more than 200 nested brackets, including those in type hints. */
const maxDepth = 50;

const any: Shape = { kind: "any" };

/** Converts a self-contained schema to a shape; parts that are not understood become `any`. */
export function readShape(schema: JsonSchema | undefined, direction: Direction, types: TypeRegistry): Shape {
  if (schema === undefined) return any;
  const definitions = (schema.$defs ?? {}) as Record<string, JsonSchema>;
  let depth = 0;
  const read = (part: unknown): Shape => {
    if (!isSchema(part) || depth >= maxDepth) return any;
    depth++;
    const shape = readPart(part);
    depth--;
    return shape;
  };

  function readPart(part: JsonSchema): Shape {
    if (typeof part.$ref === "string") {
      const name = part.$ref.replace(/^#\/\$defs\//, "");
      return Object.hasOwn(definitions, name)
        ? { kind: "named", type: types.get(name, definitions, direction, read) }
        : any;
    }
    return readPython(part) ?? readValues(part) ?? readTypes(part);
  }

  function readPython(part: JsonSchema): Shape | undefined {
    const python = part["x-python"];
    const special = specialKinds.find((kind) => kind === python);
    if (special !== undefined) return { kind: special };
    if (python === "any") return any;
    if (python === "ref") return { kind: "ref", type: part.title ?? "object" };
    if (python === "set") return { kind: "set", items: read(part.items) };
    if (python === "tuple") {
      const items = (part.prefixItems ?? []).map(read);
      return part.items === undefined
        ? { kind: "tuple", items }
        : { kind: "tuple", items, rest: read(part.items) };
    }
    return part.format === "time" ? { kind: "time" } : undefined;
  }

  function readValues(part: JsonSchema): Shape | undefined {
    if ("const" in part) return { kind: "literal", values: [part.const as LiteralValue] };
    if (Array.isArray(part.enum)) return { kind: "literal", values: part.enum as LiteralValue[] };
    const options = part.anyOf ?? part.oneOf;
    return Array.isArray(options) ? unionOf(options.map(read)) : undefined;
  }

  function readTypes(part: JsonSchema): Shape {
    if (Array.isArray(part.type)) return unionOf(part.type.map((type) => readPart({ ...part, type })));
    switch (part.type) {
      case "null":
      case "boolean":
        return { kind: part.type };
      case "integer":
      case "number":
        return { kind: part.type, rules: pick(part, numberRules) };
      case "string":
        return { kind: "string", rules: pick(part, stringRules) };
      case "array":
        return { kind: "list", items: read(part.items), rules: pick(part, listRules) };
      case "object":
        return {
          kind: "dict",
          keys: part["x-keys"] === undefined ? { kind: "string", rules: {} } : read(part["x-keys"]),
          values: read(part.additionalProperties),
        };
      default:
        return any;
    }
  }

  return read(schema);
}

function pick(schema: JsonSchema, keywords: readonly string[]): Rules {
  return Object.fromEntries(
    keywords.filter((key) => schema[key] !== undefined).map((key) => [key, schema[key]]),
  );
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null;
}

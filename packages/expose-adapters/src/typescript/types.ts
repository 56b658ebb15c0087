import type { Shape } from "../interface/model.ts";
import type { Direction } from "../interface/type-registry.ts";
import type { TypeScriptNames } from "./names.ts";

/** A shape as a TypeScript type. */
export function typescriptType(shape: Shape, direction: Direction, names: TypeScriptNames): string {
  const type = (part: Shape) => typescriptType(part, direction, names);
  switch (shape.kind) {
    case "any":
      return "unknown";
    case "null":
    case "boolean":
      return shape.kind;
    case "integer":
    case "number":
      return "number";
    case "string":
    case "path":
      return "string";
    case "literal":
      return shape.values.map((value) => JSON.stringify(value)).join(" | ") || "never";
    case "list":
    case "set":
      return `Array<${type(shape.items)}>`;
    case "tuple":
      return shape.rest === undefined
        ? `[${shape.items.map(type).join(", ")}]`
        : `Array<${type(shape.rest)}>`;
    case "dict":
      return dictType(shape, direction, type);
    case "named":
      return names.type(shape.type);
    case "union":
      return shape.options.map(type).join(" | ");
    case "ref":
      return names.from("RemoteRef");
    case "ndarray":
    case "tensor":
      return direction === "argument"
        ? `${names.from("NdArray")} | ${names.from("NestedList")}`
        : names.from("NdArray");
    case "bytes":
      return "Uint8Array";
    case "complex":
      return direction === "argument" ? `number | ${names.from("NdArray")}` : names.from("NdArray");
    case "timedelta":
      return direction === "argument" ? "string | number" : "string";
    default:
      return direction === "argument" && shape.kind === "datetime" ? "string | Date" : "string";
  }
}

/** A dict whose keys are no strings arrives as a Map; sent, an object will do, whose keys are read as what they spell. */
function dictType(
  { keys, values }: Extract<Shape, { kind: "dict" }>,
  direction: Direction,
  type: (part: Shape) => string,
): string {
  const record = `Record<string, ${type(values)}>`;
  if (keys.kind === "string") return record;
  const map = `Map<${type(keys)}, ${type(values)}>`;
  return direction === "argument" ? `${map} | ${record}` : map;
}

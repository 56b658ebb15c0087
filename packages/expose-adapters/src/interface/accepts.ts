import type { LiteralValue, Shape } from "./model.ts";

/**
 * Whether a plain value matches a shape without conversion; a default may not: `layer: int = None`. Integers are passed
 * as BigInts, to distinguish Python's `1` from `1.0`.
 */
export function accepts(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case "any":
      return true;
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return typeof value === "bigint";
    case "number":
      return typeof value === "number";
    case "string":
    case "path":
      return typeof value === "string";
    case "literal":
      return shape.values.includes((typeof value === "bigint" ? Number(value) : value) as LiteralValue);
    case "union":
      return shape.options.some((option) => accepts(option, value));
    case "named":
      return "alias" in shape.type.body && accepts(shape.type.body.alias, value);
    default:
      return false;
  }
}

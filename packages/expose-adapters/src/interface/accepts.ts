import type { LiteralValue, Shape } from "./model.ts";

/**
 * Whether a plain value is what a shape says, without any conversion; a default need not be: `layer: int = None`.
 * Whole numbers are given as BigInts, so that Python's `1` and `1.0` stay apart.
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

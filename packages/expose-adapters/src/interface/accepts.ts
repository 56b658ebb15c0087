import type { Shape } from "./model.ts";

/** Whether a plain value, such as a default, is what a shape says; a default need not be: `layer: int = None`. */
export function accepts(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case "any":
      return true;
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return typeof value === "bigint" || Number.isInteger(value);
    case "number":
      return typeof value === "number" || typeof value === "bigint";
    case "string":
    case "path":
      return typeof value === "string";
    case "literal":
      return shape.values.some((one) => one === value);
    case "union":
      return shape.options.some((option) => accepts(option, value));
    case "named":
      return "alias" in shape.type.body && accepts(shape.type.body.alias, value);
    default:
      return false;
  }
}

import type { LiteralValue, Shape } from "../interface/model.ts";
import type { Direction } from "../interface/type-registry.ts";
import { pythonLiteral } from "./literals.ts";
import type { PythonNames } from "./names.ts";

/** The Python type hint of a shape, for code whose annotations are not evaluated. */
export function pythonHint(shape: Shape, direction: Direction, names: PythonNames): string {
  const hint = (part: Shape) => pythonHint(part, direction, names);
  switch (shape.kind) {
    case "any":
      return names.from("typing", "Any");
    case "null":
      return "None";
    case "boolean":
      return names.builtin("bool");
    case "integer":
      return names.builtin("int");
    case "number":
      return names.builtin("float");
    case "string":
      return names.builtin("str");
    case "literal":
      return literalHint(shape.values, names);
    case "list":
    case "set":
      return `${names.builtin(shape.kind)}[${hint(shape.items)}]`;
    case "tuple":
      return `${names.builtin("tuple")}[${shape.rest ? `${hint(shape.rest)}, ...` : shape.items.map(hint).join(", ") || "()"}]`;
    case "dict":
      return `${names.builtin("dict")}[${hint(shape.keys)}, ${hint(shape.values)}]`;
    case "named":
      return names.type(shape.type);
    case "union":
      return shape.options.map(hint).join(" | ");
    case "ref":
      return names.from("._client", "Ref");
    case "ndarray":
    case "tensor":
      return names.from("._client", "NDArray");
    case "bytes":
    case "complex":
      return names.builtin(shape.kind);
    case "path":
      return direction === "result"
        ? names.builtin("str")
        : `${names.builtin("str")} | ${names.from("os", "PathLike")}[${names.builtin("str")}]`;
    default:
      return names.from("datetime", shape.kind);
  }
}

// Literal does not support floats, which enums may have as values.
function literalHint(values: readonly LiteralValue[], names: PythonNames): string {
  const texts = values.map(pythonLiteral);
  if (values.length > 0 && texts.every((text) => text !== undefined)) {
    return `${names.from("typing", "Literal")}[${texts.join(", ")}]`;
  }
  const kinds = new Set(values.map((value) => (value === null ? "None" : names.builtin(kindOf(value)))));
  return [...kinds].join(" | ") || names.from("typing", "Any");
}

function kindOf(value: string | number | boolean): string {
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  return "float";
}

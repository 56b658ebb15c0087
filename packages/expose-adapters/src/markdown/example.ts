import type { ExposedFunction, NamedType, Shape } from "../interface/model.ts";

/** Example values for a function's required arguments. */
export function exampleArguments({ parameters }: ExposedFunction): Record<string, unknown> {
  const required = parameters.filter((parameter) => parameter.required);
  return Object.fromEntries(required.map(({ name, shape }) => [name, exampleOf(shape)]));
}

/** The best function for an example: one whose required arguments are plain values. */
export function exampleFunction(functions: readonly ExposedFunction[]): ExposedFunction | undefined {
  const plain = ({ parameters }: ExposedFunction) => {
    const required = parameters.filter((parameter) => parameter.required);
    return (
      required.length > 0 &&
      required.every(({ shape }) => ["string", "integer", "number"].includes(shape.kind))
    );
  };
  return functions.find(plain) ?? functions.find(({ parameters }) => parameters.length > 0) ?? functions[0];
}

/** The maximum nesting of types in an example, because a type may require itself. */
const maxTypes = 5;

function exampleOf(shape: Shape, types = 0): unknown {
  const inner = (part: Shape) => exampleOf(part, types);
  switch (shape.kind) {
    case "boolean":
      return true;
    case "integer":
      return 1;
    case "number":
      return 0.5;
    case "string":
      return "hello";
    case "literal":
      return shape.values[0] ?? null;
    case "list":
    case "set":
      return [inner(shape.items)];
    case "tuple":
      return shape.items.map(inner);
    case "ndarray":
    case "tensor":
      return [0.5, 1];
    case "dict":
      return {};
    case "union":
      return shape.options[0] === undefined ? null : inner(shape.options[0]);
    case "named":
      return types < maxTypes ? exampleOfNamed(shape.type.body, types + 1) : {};
    default:
      return null;
  }
}

function exampleOfNamed(body: NamedType["body"], types: number): unknown {
  if ("alias" in body) return exampleOf(body.alias, types);
  const required = body.fields.filter((field) => field.required);
  return Object.fromEntries(required.map(({ name, shape }) => [name, exampleOf(shape, types)]));
}

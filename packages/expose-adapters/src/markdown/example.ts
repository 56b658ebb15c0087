import type { ExposedFunction, Shape } from "../interface/model.ts";

/** Arguments that show how a function is called: those that it requires. */
export function exampleArguments({ parameters }: ExposedFunction): Record<string, unknown> {
  const required = parameters.filter((parameter) => parameter.required);
  return Object.fromEntries(required.map(({ name, shape }) => [name, exampleOf(shape)]));
}

/** A function that says most about how to call the others: one that requires something plain. */
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

function exampleOf(shape: Shape): unknown {
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
      return [exampleOf(shape.items)];
    case "tuple":
      return shape.items.map(exampleOf);
    case "ndarray":
    case "tensor":
      return [0.5, 1];
    case "dict":
      return {};
    case "union":
      return shape.options[0] === undefined ? null : exampleOf(shape.options[0]);
    case "named":
      return exampleOfNamed(shape.type.body);
    default:
      return null;
  }
}

function exampleOfNamed(body: Extract<Shape, { kind: "named" }>["type"]["body"]): unknown {
  if ("alias" in body) return exampleOf(body.alias);
  // Only what is required: types may hold themselves, but not without a way to leave that out.
  const required = body.fields.filter((field) => field.required);
  return Object.fromEntries(required.map(({ name, shape }) => [name, exampleOf(shape)]));
}

import type { Shape } from "./model.ts";

/** Whether two shapes are one; named types are by their names, which are unique and may be recursive. */
function sameShape(one: Shape, other: Shape): boolean {
  return contentOf(one) === contentOf(other);
}

/** One of several shapes, without repetitions. */
export function unionOf(options: readonly Shape[]): Shape {
  const flat = options.flatMap((option) => (option.kind === "union" ? option.options : [option]));
  if (flat.some((option) => option.kind === "any")) return { kind: "any" };
  const distinct = flat.filter((option, i) => flat.findIndex((other) => sameShape(option, other)) === i);
  const [only] = distinct;
  return distinct.length === 1 && only !== undefined ? only : { kind: "union", options: distinct };
}

/** The shapes directly inside one, not those behind a named type. */
function partsOf(shape: Shape): readonly Shape[] {
  switch (shape.kind) {
    case "list":
    case "set":
      return [shape.items];
    case "tuple":
      return shape.rest === undefined ? shape.items : [...shape.items, shape.rest];
    case "dict":
      return [shape.keys, shape.values];
    case "union":
      return shape.options;
    default:
      return [];
  }
}

/** Whether a shape or any shape in it, also in its named types, fulfils the test. */
export function someShape(shape: Shape, test: (shape: Shape) => boolean): boolean {
  const seen = new Set<string>();
  const visit = (part: Shape): boolean => {
    if (test(part)) return true;
    if (part.kind !== "named") return partsOf(part).some(visit);
    if (seen.has(part.type.name)) return false;
    seen.add(part.type.name);
    const { body } = part.type;
    return "alias" in body ? visit(body.alias) : body.fields.some((field) => visit(field.shape));
  };
  return visit(shape);
}

export function isArray({ kind }: Shape): boolean {
  return kind === "ndarray" || kind === "tensor";
}

function contentOf(shape: Shape): string {
  return JSON.stringify(shape, (key, value) =>
    key === "type" && typeof value === "object" ? value.name : value,
  );
}

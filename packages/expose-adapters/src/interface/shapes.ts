import type { Shape } from "./model.ts";

/** Whether two shapes are equal. Named types, which may be recursive, are compared by their unique names. */
function sameShape(one: Shape, other: Shape): boolean {
  return contentOf(one) === contentOf(other);
}

/** The union of several shapes, without duplicates. */
export function unionOf(options: readonly Shape[]): Shape {
  const flat = options.flatMap((option) => (option.kind === "union" ? option.options : [option]));
  if (flat.length === 0 || flat.some((option) => option.kind === "any")) return { kind: "any" };
  const distinct = flat.filter((option, i) => flat.findIndex((other) => sameShape(option, other)) === i);
  const [only] = distinct;
  return distinct.length === 1 && only !== undefined ? only : { kind: "union", options: distinct };
}

/** The shapes directly inside a shape, without those inside named types. */
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

/** Whether a shape, or any shape inside it or its named types, passes the test. */
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

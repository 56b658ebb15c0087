import { RemoteRef } from "@seer/rpc";
import type { ExposedFunction, Field, Shape } from "../interface/model.ts";
import { unionOf } from "../interface/shapes.ts";
import { propertyNames } from "./tool-names.ts";

/**
 * Converts a tool's arguments to those of its function, with their Python names.
 *
 * Clients sometimes send lists, objects, numbers and booleans as JSON text. A text is parsed if the parameter does not
 * accept strings; otherwise it stays a string.
 */
export function toArguments(
  { parameters }: ExposedFunction,
  args: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const others = parameters.find(({ kind }) => kind === "var_keyword");
  const named = parameters
    .filter(({ kind }) => kind !== "var_keyword")
    .map(({ name, kind, shape }) => ({
      name,
      shape: kind === "var_positional" ? listOf(shape) : shape,
    }));
  // Further arguments are passed by their own names, or together in an object under the name of `**kwargs`.
  if (others !== undefined) named.push({ name: others.name, shape: dictOrOne(others.shape) });
  return readFields(named, args, others?.shape ?? any);
}

const any: Shape = { kind: "any" };
const listOf = (items: Shape): Shape => ({ kind: "list", items, rules: {} });
const dictOrOne = (values: Shape): Shape =>
  unionOf([{ kind: "dict", keys: { kind: "string", rules: {} }, values }, values]);

function read(shape: Shape, value: unknown): unknown {
  if (typeof value === "string") return takesText(shape, value) ? value : readText(shape, value);
  if (typeof value !== "object" || value === null) return value;
  if (shape.kind === "union") {
    const [option = any, ...others] = shape.options.filter((option) => fits(option, value));
    // If several options match, it is unknown which is meant, and so whether to parse texts inside.
    return read(others.length === 0 ? option : any, value);
  }
  if (shape.kind === "named" && "alias" in shape.type.body) return read(shape.type.body.alias, value);
  if (Array.isArray(value)) return value.map((item, i) => read(itemShape(shape, i), item));
  const record = value as Record<string, unknown>;
  if (record.$seer === "ref" || (shape.kind === "ref" && typeof record.id === "string")) {
    return new RemoteRef(String(record.id), String(record.type ?? ""), String(record.summary ?? ""));
  }
  if (shape.kind === "named" && "fields" in shape.type.body)
    return readFields(shape.type.body.fields, record, any);
  return readFields([], record, shape.kind === "dict" ? shape.values : any);
}

/** Reads an object's fields, under their Python names or those in the schema; `others` is the shape of further fields. */
function readFields(
  fields: readonly Pick<Field, "name" | "shape">[],
  given: Readonly<Record<string, unknown>>,
  others: Shape,
): Record<string, unknown> {
  const spelled = propertyNames(fields.map(({ name }) => name));
  const bySpelling = new Map(fields.map((field) => [spelled(field.name), field]));
  const byName = new Map(fields.map((field) => [field.name, field]));
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => {
      const field = byName.get(key) ?? bySpelling.get(key);
      return field === undefined ? [key, read(others, value)] : [field.name, read(field.shape, value)];
    }),
  );
}

function itemShape(shape: Shape, index: number): Shape {
  if (shape.kind === "list" || shape.kind === "set") return shape.items;
  if (shape.kind === "tuple") return shape.rest ?? shape.items[index] ?? any;
  // Arrays are passed as nested lists of numbers.
  return shape.kind === "ndarray" || shape.kind === "tensor" ? shape : any;
}

/** Parses a text if the shape accepts the result; otherwise returns the text, which the host will refuse. */
function readText(shape: Shape, text: string): unknown {
  const value = parseText(text.trim());
  if (value !== undefined && fits(shape, value)) return read(shape, value);
  return shape.kind === "ref" ? new RemoteRef(text, "", "") : text;
}

// The names in results, and those in Python.
const words: Readonly<Record<string, unknown>> = {
  NaN: NaN,
  Infinity: Infinity,
  "-Infinity": -Infinity,
  True: true,
  False: false,
  None: null,
};

function parseText(text: string): unknown {
  if (Object.hasOwn(words, text)) return words[text];
  if (/^-?\d{16,}$/.test(text)) return BigInt(text);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a shape accepts this text as a string. */
function takesText(shape: Shape, text: string): boolean {
  switch (shape.kind) {
    case "any":
    case "string":
    case "bytes":
    case "path":
    case "datetime":
    case "date":
    case "time":
    case "timedelta":
    case "complex":
      return true;
    case "literal":
      return shape.values.includes(text);
    case "union":
      return shape.options.some((option) => takesText(option, text));
    case "named":
      return "alias" in shape.type.body && takesText(shape.type.body.alias, text);
    default:
      return false;
  }
}

/** Whether a value other than a string has a shape's kind, regardless of nested values. */
function fits(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return Number.isInteger(value) || typeof value === "bigint";
    case "number":
      return typeof value === "number" || typeof value === "bigint";
    case "literal":
      return (shape.values as readonly unknown[]).includes(value);
    case "list":
    case "set":
    case "tuple":
      return Array.isArray(value);
    case "ndarray":
    case "tensor":
      return Array.isArray(value) || typeof value === "number";
    case "dict":
    case "ref":
      return isObject(value);
    case "named":
      return "alias" in shape.type.body ? fits(shape.type.body.alias, value) : isObject(value);
    case "union":
      return shape.options.some((option) => fits(option, value));
    default:
      return false;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

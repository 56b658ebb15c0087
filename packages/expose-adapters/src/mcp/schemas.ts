import type { JsonSchema } from "@seer/rpc";
import type { ExposedFunction, LiteralValue, NamedType, Parameter, Shape } from "../interface/model.ts";
import type { Direction } from "../interface/type-registry.ts";
import { arrayPreviewSchema } from "../render/render-array.ts";
import { propertyNames } from "./tool-names.ts";

/** The schema of an object, as MCP requires for tools. */
export interface ObjectSchema extends JsonSchema {
  type: "object";
  properties: Record<string, JsonSchema>;
  [keyword: string]: unknown;
}

/** The schema of a function's arguments, by name. */
export function inputSchema({ parameters }: ExposedFunction): ObjectSchema {
  const printer = new SchemaPrinter("argument");
  const named = parameters.filter(({ kind }) => kind !== "var_keyword");
  const others = parameters.find(({ kind }) => kind === "var_keyword");
  const names = propertyNames(named.map(({ name }) => name));
  const properties = Object.fromEntries(
    named.map((parameter) => [names(parameter.name), printer.property(parameter)]),
  );
  const required = named.filter((parameter) => parameter.required).map(({ name }) => names(name));
  return {
    type: "object",
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: others === undefined ? false : printer.print(others.shape),
  };
}

/** The schema of a function's result, which is wrapped in `result` unless it is an object. */
export function outputSchema({ returns, stream }: ExposedFunction): ObjectSchema {
  const printer = new SchemaPrinter("result");
  const shape: Shape = stream ? { kind: "list", items: returns.shape, rules: {} } : returns.shape;
  if (!isWrapped({ returns, stream })) {
    const record = recordOf(shape);
    return record === undefined ? { type: "object", properties: {} } : printer.record(record);
  }
  const result = {
    ...printer.print(shape),
    description: returns.description || "What the function returns.",
  };
  return { type: "object", properties: { result }, required: ["result"] };
}

/** Whether to wrap a result in `result`, because MCP accepts only objects. */
export function isWrapped({ returns, stream }: Pick<ExposedFunction, "returns" | "stream">): boolean {
  const { shape } = returns;
  if (stream) return true;
  const anyObject = shape.kind === "dict" && shape.keys.kind === "string" && shape.values.kind === "any";
  return !anyObject && recordOf(shape) === undefined;
}

function recordOf(shape: Shape): NamedType | undefined {
  return shape.kind === "named" && "fields" in shape.type.body ? shape.type : undefined;
}

/** The maximum number of records in one schema; further ones become plain objects, because inlining could be endless. */
const maxRecords = 200;

/**
 * Prints the subset of JSON Schema that all clients and providers support. Types are inlined, because some do not
 * resolve `$ref`; arrays have `items`, objects have `properties`, and `type` is a single name. Tuples have no
 * `prefixItems`, which draft 7 lacks.
 */
class SchemaPrinter {
  readonly #direction: Direction;
  /** The types that are being printed, which cannot be inlined inside themselves. */
  readonly #open = new Set<NamedType>();
  #records = 0;

  constructor(direction: Direction) {
    this.#direction = direction;
  }

  property(parameter: Parameter): JsonSchema {
    const value = this.print(parameter.shape);
    const schema = parameter.kind === "var_positional" ? { type: "array", items: value } : value;
    const { description, required, defaultText } = parameter;
    // Not as `default`, because some clients would send it, although only the function knows its default.
    const hint = required || defaultText === undefined ? "" : `Default: ${defaultText}`;
    return describe(schema, [description, hint].filter((part) => part !== "").join("\n"));
  }

  print(shape: Shape): JsonSchema {
    switch (shape.kind) {
      case "any":
        return {};
      case "null":
      case "boolean":
        return { type: shape.kind };
      case "integer":
      case "string":
        return { type: shape.kind, ...this.#rules(shape.rules) };
      case "number":
        return this.#direction === "argument" ? { type: "number", ...this.#rules(shape.rules) } : anyFloat;
      case "literal":
        return literal(shape.values);
      case "list":
        return { type: "array", items: this.print(shape.items), ...this.#rules(shape.rules) };
      case "set":
        return { type: "array", items: this.print(shape.items) };
      case "tuple":
        return shape.rest === undefined
          ? this.#tuple(shape.items)
          : { type: "array", items: this.print(shape.rest) };
      case "dict":
        return { type: "object", properties: {}, additionalProperties: this.print(shape.values) };
      case "union":
        return { anyOf: shape.options.map((option) => this.print(option)) };
      case "named":
        return this.#named(shape.type);
      default:
        return special[this.#direction][shape.kind];
    }
  }

  record(type: NamedType): ObjectSchema {
    const fields = "fields" in type.body ? type.body.fields : [];
    const names = propertyNames(fields.map(({ name }) => name));
    // Results and their schemas keep the names, because providers do not see them.
    const nameOf = (name: string) => (this.#direction === "argument" ? names(name) : name);
    const properties = fields.map(({ name, shape, description }) => [
      nameOf(name),
      describe(this.print(shape), description),
    ]);
    const required = fields.filter((field) => field.required).map(({ name }) => nameOf(name));
    return {
      ...describe({ title: type.name }, type.description),
      type: "object",
      properties: Object.fromEntries(properties) as Record<string, JsonSchema>,
      ...(required.length > 0 ? { required } : {}),
    };
  }

  // Results have no constraints, because they may be shortened.
  #rules(rules: Readonly<Record<string, unknown>>): JsonSchema {
    if (this.#direction === "result") return {};
    return Object.fromEntries(Object.entries(rules).flatMap(([keyword, value]) => rule(keyword, value)));
  }

  #tuple(items: readonly Shape[]): JsonSchema {
    const kinds = items.map((item) => this.print(item));
    const distinct = [...new Map(kinds.map((kind) => [JSON.stringify(kind), kind])).values()];
    const [only = {}] = distinct;
    return {
      type: "array",
      items: distinct.length <= 1 ? only : { anyOf: distinct },
      minItems: items.length,
      maxItems: items.length,
    };
  }

  #named(type: NamedType): JsonSchema {
    if (this.#open.has(type) || ++this.#records > maxRecords) {
      const alias = "alias" in type.body ? {} : { type: "object", properties: {} };
      return describe(alias, `A ${type.name}, as above.`);
    }
    this.#open.add(type);
    const schema =
      "alias" in type.body ? describe(this.print(type.body.alias), type.description) : this.record(type);
    this.#open.delete(type);
    return schema;
  }
}

function describe(schema: JsonSchema, description: string): JsonSchema {
  return description === "" ? schema : { ...schema, description };
}

/** One `enum` per type of value, because some providers do not support an `enum` of several types. */
function literal(values: readonly LiteralValue[]): JsonSchema {
  const byType = new Map<string, LiteralValue[]>();
  for (const value of values) {
    const type = typeOf(value);
    byType.set(type, [...(byType.get(type) ?? []), value]);
  }
  const options = [...byType].map(([type, some]) => (type === "null" ? { type } : { type, enum: some }));
  const [only = {}] = options;
  return options.length <= 1 ? only : { anyOf: options };
}

function typeOf(value: LiteralValue): string {
  if (value === null) return "null";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** A constraint, unless clients cannot use it: a bound that is not a number, or a pattern in Python's own syntax. */
function rule(keyword: string, value: unknown): [string, unknown][] {
  if (keyword === "pattern") return isPattern(value) ? [[keyword, value]] : [];
  return typeof value === "number" && Number.isFinite(value) ? [[keyword, value]] : [];
}

function isPattern(value: unknown): boolean {
  try {
    return typeof value === "string" && new RegExp(value, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

/** A float; the three values that JSON lacks are strings. */
const anyFloat: JsonSchema = {
  anyOf: [{ type: "number" }, { type: "string", enum: ["NaN", "Infinity", "-Infinity"] }],
};

/** Bytes; if they are a picture, the picture itself is in the result's image content. */
const bytesPreviewSchema: JsonSchema = {
  type: "object",
  properties: {
    length: { type: "integer" },
    base64: { type: "string", description: "The first bytes." },
    mediaType: { type: "string", description: "Of a picture." },
    image: { type: "integer", description: "Which of the result's images it is, from 1." },
  },
  required: ["length"],
};

const ref: JsonSchema = {
  type: "object",
  description: "A reference to an object in the sandbox, as a result gave it; its `id` is enough.",
  properties: { id: { type: "string" } },
  required: ["id"],
};
const element = [{ type: "number" }, { type: "boolean" }];
const array: JsonSchema = {
  description: "An array as nested lists, one level for each dimension.",
  type: "array",
  items: {
    anyOf: [...element, { type: "array", items: { anyOf: [...element, { type: "array", items: {} }] } }],
  },
};
const path: JsonSchema = { type: "string", description: "A path in the sandbox." };
const text = (description: string): JsonSchema => ({ type: "string", description });
const times = {
  datetime: text("A date and time in ISO 8601."),
  date: text("A date in ISO 8601."),
  time: text("A time in ISO 8601."),
  timedelta: text("A duration in ISO 8601, such as PT1.5S."),
};
const special = {
  argument: {
    ndarray: array,
    tensor: array,
    bytes: text("Bytes in base64."),
    path,
    ...times,
    complex: {
      anyOf: [{ type: "number" }, { type: "string" }],
      description: "A complex number, or its text, such as 1+2j.",
    },
    ref,
  },
  result: {
    ndarray: arrayPreviewSchema,
    tensor: arrayPreviewSchema,
    bytes: bytesPreviewSchema,
    path,
    ...times,
    complex: text("A complex number as Python writes it, such as 1+2j."),
    ref,
  },
} satisfies Record<Direction, Record<string, JsonSchema>>;

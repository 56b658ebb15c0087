import type { JsonSchema } from "@seer/rpc";
import type { ExposedFunction, NamedType, Parameter, Shape } from "../interface/model.ts";
import type { Direction } from "../interface/type-registry.ts";
import { arrayPreviewSchema, bytesPreviewSchema } from "./preview.ts";

/** A schema as MCP wants those of tools: of an object. */
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
  const properties = Object.fromEntries(
    named.map((parameter) => [parameter.name, printer.property(parameter)]),
  );
  const required = named.filter((parameter) => parameter.required).map(({ name }) => name);
  return {
    type: "object",
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: others === undefined ? false : printer.print(others.shape),
    ...printer.definitions,
  };
}

/** The schema of a function's result, which is under `result` unless it is an object that has room for itself. */
export function outputSchema({ returns, stream }: ExposedFunction): ObjectSchema {
  const printer = new SchemaPrinter("result");
  const shape: Shape = stream ? { kind: "list", items: returns.shape, rules: {} } : returns.shape;
  if (!isWrapped({ returns, stream })) {
    const record = recordOf(shape);
    const schema = record === undefined ? { properties: {} } : printer.record(record);
    return { type: "object", ...schema, ...printer.definitions } as ObjectSchema;
  }
  const result = {
    ...printer.print(shape),
    description: returns.description || "What the function returns.",
  };
  return { type: "object", properties: { result }, required: ["result"], ...printer.definitions };
}

/** Whether a result goes under `result`, since MCP takes only objects. */
export function isWrapped({ returns, stream }: Pick<ExposedFunction, "returns" | "stream">): boolean {
  const { shape } = returns;
  if (stream) return true;
  const anyObject = shape.kind === "dict" && shape.keys.kind === "string" && shape.values.kind === "any";
  return !anyObject && recordOf(shape) === undefined;
}

function recordOf(shape: Shape): NamedType | undefined {
  return shape.kind === "named" && "fields" in shape.type.body ? shape.type : undefined;
}

/**
 * Prints the part of JSON Schema that every validator reads alike: the SDK's reads draft 7, in which a tuple's
 * `prefixItems` mean nothing and the `items: false` after them forbids every item.
 */
class SchemaPrinter {
  readonly #direction: Direction;
  readonly #definitions: Record<string, JsonSchema> = {};

  constructor(direction: Direction) {
    this.#direction = direction;
  }

  /** `$defs` of all types that were printed. */
  get definitions(): { $defs?: Record<string, JsonSchema> } {
    return Object.keys(this.#definitions).length > 0 ? { $defs: this.#definitions } : {};
  }

  property(parameter: Parameter): JsonSchema {
    const value = this.print(parameter.shape);
    const schema = parameter.kind === "var_positional" ? { type: "array", items: value } : value;
    const { description, required, defaultText } = parameter;
    const hint = required || defaultText === undefined ? "" : `Default: ${defaultText}`;
    const text = [description, hint].filter((part) => part !== "").join("\n");
    return text === "" ? schema : { ...schema, description: text };
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
        return this.#direction === "argument" ? { type: "number", ...shape.rules } : anyFloat;
      case "literal":
        return { enum: [...shape.values] };
      case "list":
        return { type: "array", items: this.print(shape.items), ...this.#rules(shape.rules) };
      case "set":
        return { type: "array", items: this.print(shape.items) };
      case "tuple":
        return shape.rest === undefined
          ? this.#tuple(shape.items)
          : { type: "array", items: this.print(shape.rest) };
      case "dict":
        return { type: "object", additionalProperties: this.print(shape.values) };
      case "union":
        return { anyOf: shape.options.map((option) => this.print(option)) };
      case "named":
        return this.#named(shape.type);
      default:
        return special[this.#direction][shape.kind];
    }
  }

  record(type: NamedType): JsonSchema {
    const fields = "fields" in type.body ? type.body.fields : [];
    const properties = fields.map((field) => {
      const schema = this.print(field.shape);
      return [field.name, field.description === "" ? schema : { ...schema, description: field.description }];
    });
    const required = fields.filter((field) => field.required).map(({ name }) => name);
    return {
      ...(type.description === "" ? {} : { description: type.description }),
      properties: Object.fromEntries(properties) as Record<string, JsonSchema>,
      ...(required.length > 0 ? { required } : {}),
    };
  }

  // A result may be cut, and is not the caller's to mend.
  #rules(rules: object): object {
    return this.#direction === "argument" ? rules : {};
  }

  #tuple(items: readonly Shape[]): JsonSchema {
    const kinds = items.map((item) => this.print(item));
    const distinct = [...new Map(kinds.map((kind) => [JSON.stringify(kind), kind])).values()];
    const [only] = distinct;
    return {
      type: "array",
      ...(distinct.length > 0 ? { items: distinct.length === 1 ? only : { anyOf: distinct } } : {}),
      minItems: items.length,
      maxItems: items.length,
    };
  }

  #named(type: NamedType): JsonSchema {
    if (!(type.name in this.#definitions)) {
      this.#definitions[type.name] = {};
      const body =
        "alias" in type.body ? this.print(type.body.alias) : { type: "object", ...this.record(type) };
      this.#definitions[type.name] = body;
    }
    return { $ref: `#/$defs/${type.name}` };
  }
}

/** A float as MCP's JSON says it, which has no name for these three. */
const anyFloat: JsonSchema = { anyOf: [{ type: "number" }, { enum: ["NaN", "Infinity", "-Infinity"] }] };

const ref: JsonSchema = {
  type: "object",
  description: "A reference to an object in the sandbox, as a result gave it.",
};
const array: JsonSchema = {
  description: "An array as nested lists, one level for each dimension.",
  type: "array",
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
    // JSON has no way to say more of one.
    complex: { type: "number", description: "The real part of a complex number." },
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

import type { JsonSchema } from "@seer/rpc";

/**
 * A served interface, read from its description; all adapters are generated from this model.
 */
export interface Interface {
  readonly name: string;
  /** The interface file's docstring. */
  readonly doc: string;
  readonly functions: readonly ExposedFunction[];
  /** The named types of all functions, each once and with a unique name. */
  readonly types: readonly NamedType[];
}

export interface ExposedFunction {
  readonly name: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly returns: { readonly shape: Shape; readonly schema: JsonSchema; readonly description: string };
  /** The exceptions that the docstring names; `type` is empty if the text names no class. */
  readonly raises: readonly { readonly type: string; readonly description: string }[];
  /** Whether it yields values one after another instead of returning one. */
  readonly stream: boolean;
}

export interface Parameter {
  readonly name: string;
  readonly kind:
    | "positional_only"
    | "positional_or_keyword"
    | "var_positional"
    | "keyword_only"
    | "var_keyword";
  /** The shape of the value; of one value, for the `var_` kinds. */
  readonly shape: Shape;
  readonly required: boolean;
  /** Undefined if the default cannot be represented as a value. */
  readonly default?: unknown;
  /** The default as Python shows it. */
  readonly defaultText: string | undefined;
  readonly description: string;
}

/** The set of values that a type allows. */
export type Shape =
  | { readonly kind: "any" | "null" | "boolean" }
  | { readonly kind: "integer" | "number" | "string"; readonly rules: Rules }
  | { readonly kind: "literal"; readonly values: readonly LiteralValue[] }
  | { readonly kind: "list"; readonly items: Shape; readonly rules: Rules }
  | { readonly kind: "set"; readonly items: Shape }
  /** With `rest`, any number of items of that shape; `items` is empty then. */
  | { readonly kind: "tuple"; readonly items: readonly Shape[]; readonly rest?: Shape }
  | { readonly kind: "dict"; readonly keys: Shape; readonly values: Shape }
  | { readonly kind: "named"; readonly type: NamedType }
  | { readonly kind: "union"; readonly options: readonly Shape[] }
  | { readonly kind: "ref"; readonly type: string }
  | { readonly kind: SpecialKind };

/** Types that JSON lacks, which are encoded as objects or strings. */
type SpecialKind = (typeof specialKinds)[number];

export const specialKinds = [
  "ndarray",
  "tensor",
  "bytes",
  "path",
  "datetime",
  "date",
  "time",
  "timedelta",
  "complex",
] as const;

export type LiteralValue = string | number | boolean | null;

/** Constraints as JSON Schema keywords, such as `minimum`. */
export type Rules = Readonly<Record<string, unknown>>;

/** A class of the interface file that describes data. */
export interface NamedType {
  readonly name: string;
  readonly description: string;
  /** The fields of a record, or the shape of an enum's values. */
  readonly body: { readonly fields: readonly Field[] } | { readonly alias: Shape };
}

export interface Field {
  readonly name: string;
  readonly shape: Shape;
  readonly required: boolean;
  readonly description: string;
}

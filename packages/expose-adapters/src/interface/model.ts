import type { JsonSchema } from "@seer/rpc";

/**
 * A served interface, read once from its description: every adapter prints this, so that none says anything else.
 */
export interface Interface {
  readonly name: string;
  /** The interface file's docstring. */
  readonly doc: string;
  readonly functions: readonly ExposedFunction[];
  /** The named types of all functions, each once and with a name of its own. */
  readonly types: readonly NamedType[];
}

export interface ExposedFunction {
  readonly name: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly returns: { readonly shape: Shape; readonly schema: JsonSchema; readonly description: string };
  /** Yields values one after the other instead of returning one. */
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
  /** Of one value, for the `var_` kinds. */
  readonly shape: Shape;
  readonly required: boolean;
  /** Absent when the default cannot be written as a value. */
  readonly default?: unknown;
  /** The default as Python shows it. */
  readonly defaultText: string | undefined;
  readonly description: string;
}

/** What a value may be. */
export type Shape =
  | { readonly kind: "any" | "null" | "boolean" }
  | { readonly kind: "integer" | "number" | "string"; readonly rules: Rules }
  | { readonly kind: "literal"; readonly values: readonly LiteralValue[] }
  | { readonly kind: "list"; readonly items: Shape; readonly rules: Rules }
  | { readonly kind: "set"; readonly items: Shape }
  /** With `rest`, any number of that, and no `items`. */
  | { readonly kind: "tuple"; readonly items: readonly Shape[]; readonly rest?: Shape }
  | { readonly kind: "dict"; readonly keys: Shape; readonly values: Shape }
  | { readonly kind: "named"; readonly type: NamedType }
  | { readonly kind: "union"; readonly options: readonly Shape[] }
  | { readonly kind: "ref"; readonly type: string }
  | { readonly kind: SpecialKind };

/** What travels as something else than JSON's own types, or as a string with a meaning. */
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
  /** The fields of a record, or what an enum's values are. */
  readonly body: { readonly fields: readonly Field[] } | { readonly alias: Shape };
}

export interface Field {
  readonly name: string;
  readonly shape: Shape;
  readonly required: boolean;
  readonly description: string;
}

/** A JSON Schema (2020-12); `x-python` names what a schema alone does not say, such as `"ndarray"` or `"tuple"`. */
export interface JsonSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  items?: JsonSchema | boolean;
  prefixItems?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  anyOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  "x-python"?: string;
  /** The schema of a mapping's keys when they are not strings. */
  "x-keys"?: JsonSchema;
  [keyword: string]: unknown;
}

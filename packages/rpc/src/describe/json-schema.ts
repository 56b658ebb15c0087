import { z } from "zod";

/** A JSON Schema (2020-12); `x-python` names types that a schema cannot express, such as `"ndarray"` or `"tuple"`. */
export interface JsonSchema {
  type?: string | string[] | undefined;
  title?: string | undefined;
  description?: string | undefined;
  enum?: unknown[] | undefined;
  const?: unknown;
  items?: JsonSchema | boolean | undefined;
  prefixItems?: JsonSchema[] | undefined;
  properties?: Record<string, JsonSchema> | undefined;
  required?: string[] | undefined;
  additionalProperties?: JsonSchema | boolean | undefined;
  anyOf?: JsonSchema[] | undefined;
  oneOf?: JsonSchema[] | undefined;
  $ref?: string | undefined;
  $defs?: Record<string, JsonSchema> | undefined;
  "x-python"?: string | undefined;
  /** The schema of a mapping's keys if they are not strings. */
  "x-keys"?: JsonSchema | undefined;
  [keyword: string]: unknown;
}

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const jsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.looseObject({
    type: z.union([z.string(), z.array(z.string())]).optional(),
    title: z.string().optional(),
    description: z.string().optional(),
    enum: z.array(scalar).optional(),
    const: scalar.optional(),
    items: z.union([jsonSchema, z.boolean()]).optional(),
    prefixItems: z.array(jsonSchema).optional(),
    properties: z.record(z.string(), jsonSchema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([jsonSchema, z.boolean()]).optional(),
    anyOf: z.array(jsonSchema).optional(),
    oneOf: z.array(jsonSchema).optional(),
    $ref: z.string().optional(),
    $defs: z.record(z.string(), jsonSchema).optional(),
    "x-python": z.string().optional(),
    "x-keys": jsonSchema.optional(),
  }),
);

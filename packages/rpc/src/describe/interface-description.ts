import { z } from "zod";
import type { JsonSchema } from "./json-schema.ts";

const jsonSchema = z.custom<JsonSchema>((value) => typeof value === "object" && value !== null);

const parameterSchema = z.object({
  name: z.string(),
  kind: z.enum(["positional_only", "positional_or_keyword", "var_positional", "keyword_only", "var_keyword"]),
  /** The type hint as written; empty when there is none. */
  annotation: z.string(),
  schema: jsonSchema,
  required: z.boolean(),
  description: z.string(),
  /** The default as it travels (see "Values" in PROTOCOL.md), when it can be written so. */
  default: z.unknown().optional(),
  /** Python's `repr` of the default, when there is one. */
  defaultText: z.string().optional(),
});

const functionSchema = z.object({
  name: z.string(),
  description: z.string(),
  parameters: z.array(parameterSchema),
  returns: z.object({ annotation: z.string(), schema: jsonSchema, description: z.string() }),
  async: z.boolean(),
  /** It yields items; call it with `stream`. */
  stream: z.boolean(),
  /** How many calls of it may run at once. */
  concurrency: z.number(),
});

export const interfaceSchema = z.object({
  protocol: z.number(),
  name: z.string(),
  /** The file's own docstring. */
  doc: z.string(),
  functions: z.array(functionSchema),
});

/** What a host serves: the one source of every adapter. */
export type InterfaceDescription = z.output<typeof interfaceSchema>;
export type FunctionDescription = z.output<typeof functionSchema>;
export type ParameterDescription = z.output<typeof parameterSchema>;

/** An interface that is being served, and how to reach it. */
export interface ServedInterface {
  name: string;
  url: string;
  token: string;
  description: InterfaceDescription;
}

import { z } from "zod";
import { checkAnswer } from "../connect/request.ts";
import { jsonSchema } from "./json-schema.ts";

const pythonKeywords = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from " +
    "global if import in is lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);

// Names become part of generated code, so they must be Python identifiers of a limited length.
const name = z
  .string()
  .regex(/^[\p{XID_Start}_]\p{XID_Continue}{0,999}$/u, "is not a Python identifier")
  .refine((text) => !pythonKeywords.has(text), "is a Python keyword");

/** In the order in which Python requires them. */
const parameterKinds = [
  "positional_only",
  "positional_or_keyword",
  "var_positional",
  "keyword_only",
  "var_keyword",
] as const;

const parameterSchema = z.object({
  name,
  kind: z.enum(parameterKinds),
  /** The type hint as written; empty if there is none. */
  annotation: z.string(),
  schema: jsonSchema,
  required: z.boolean(),
  description: z.string(),
  /** The encoded default (see "Values" in PROTOCOL.md), if it can be encoded. */
  default: z.unknown().optional(),
  /** Python's `repr` of the default, if there is one. */
  defaultText: z.string().optional(),
});

const functionSchema = z.object({
  name: name.refine((text) => !/^__.*__$/.test(text), "is reserved by Python"),
  description: z.string(),
  parameters: z.array(parameterSchema).check(({ value, issues }) => {
    const problem = problemWith(value);
    if (problem !== undefined) issues.push({ code: "custom", message: problem, input: value });
  }),
  returns: z.object({ annotation: z.string(), schema: jsonSchema, description: z.string() }),
  /** The exceptions that the docstring names; `type` is empty if the text names no class. */
  raises: z.array(z.object({ type: z.string(), description: z.string() })).optional(),
  async: z.boolean(),
  /** Whether it yields items; call it with `stream` then. */
  stream: z.boolean(),
  /** How many of its calls may run at once. */
  concurrency: z.number(),
});

export const interfaceSchema = z.object({
  protocol: z.number(),
  name: z.string(),
  /** The version of the file that this describes; each reload or restart increases it. */
  revision: z.number().optional(),
  /** The file's own docstring. */
  doc: z.string(),
  functions: z
    .array(functionSchema)
    .refine((functions) => areDistinct(functions), "two functions have the same name"),
  /** Problems of the file that do not prevent serving it, such as an undefined name in a hint. */
  warnings: z.array(z.string()).optional(),
});

/** Why a function cannot have this combination of parameters. */
function problemWith(parameters: readonly ParameterDescription[]): string | undefined {
  if (!areDistinct(parameters)) return "two parameters have the same name";
  const order = parameters.map(({ kind }) => parameterKinds.indexOf(kind));
  if (order.some((kind, i) => kind < (order[i - 1] ?? 0))) return "their kinds are not in Python's order";
  for (const kind of ["var_positional", "var_keyword"] as const) {
    if (parameters.filter((parameter) => parameter.kind === kind).length > 1)
      return `two parameters are ${kind}`;
  }
  const positional = parameters.filter(({ kind }) => kind.startsWith("positional"));
  if (positional.some(({ required }, i) => required && positional[i - 1]?.required === false)) {
    return "a parameter without a default follows one with a default";
  }
  return undefined;
}

/** Whether all names are distinct after normalisation, as Python compares them. */
function areDistinct(named: readonly { name: string }[]): boolean {
  return new Set(named.map(({ name }) => name.normalize("NFKC"))).size === named.length;
}

/**
 * Validates a description, which comes from a sandbox with untrusted code.
 *
 * @throws RpcError `rpc/protocol`
 */
export function parseInterface(description: unknown): InterfaceDescription {
  return checkAnswer("interface description", interfaceSchema, description);
}

/** The description of a served interface, from which all adapters are generated. */
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

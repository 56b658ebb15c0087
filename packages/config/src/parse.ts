import type { z } from "zod";
import { SeerError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { showValue } from "./show-value.ts";

/**
 * Validates `input` against `schema`. The error lists each wrong key with its value and a correction.
 *
 * @throws SeerError `config/invalid`
 */
export function parseConfig<S extends z.ZodType>(name: string, schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => describe(issue, schema));
  throw new SeerError(
    "config/invalid",
    [`${name} is not valid:`, ...problems.map((p) => `  - ${p}`)].join("\n"),
  );
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  const where = pathText(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    return issue.keys
      .map((key) => {
        const meant = nearest(key, known);
        const remedy = meant === undefined ? `known keys: ${known.join(", ")}` : `did you mean \`${meant}\`?`;
        return `${where === "" ? "" : `${where}: `}unknown key \`${key}\`; ${remedy}`;
      })
      .join("\n  - ");
  }
  // Zod's own message for an invalid key does not say why it is invalid.
  const message = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const value =
    issue.code === "custom" || issue.input === undefined ? "" : ` (got ${showValue(issue.input)})`;
  return `${where === "" ? "" : `${where}: `}${message}${value}`;
}

function pathText(path: PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

/** Returns the keys of the object schema at `path`, looking through defaults, pipes and arrays. */
function keysAt(schema: z.ZodType, path: PropertyKey[]): string[] {
  let current = unwrap(schema);
  for (const key of path) {
    const definition = current?._zod.def as
      | { shape?: Record<string, z.ZodType>; element?: z.ZodType }
      | undefined;
    current = unwrap(typeof key === "number" ? definition?.element : definition?.shape?.[String(key)]);
  }
  return Object.keys((current?._zod.def as { shape?: object } | undefined)?.shape ?? {});
}

function unwrap(schema: z.ZodType | undefined): z.ZodType | undefined {
  const definition = schema?._zod.def as { innerType?: z.ZodType; in?: z.ZodType } | undefined;
  const inner = definition?.innerType ?? definition?.in;
  return inner === undefined ? schema : unwrap(inner);
}

import { accepts } from "../interface/accepts.ts";
import type { ExposedFunction, Parameter } from "../interface/model.ts";
import { pythonHint } from "./hints.ts";
import { pythonLiteral } from "./literals.ts";
import type { PythonNames } from "./names.ts";

const lineWidth = 100;

/** Prints a default that has no literal, from its `repr` in Python. */
export type OtherDefault = (text: string) => string;

/** The signature of a function in Python syntax: `name(text: str, *, layer: int = 3) -> str`. */
export function pythonSignature(fn: ExposedFunction, names: PythonNames, otherDefault: OtherDefault): string {
  const parameters = withSeparators(fn.parameters, (parameter) =>
    formatParameter(parameter, names, otherDefault),
  );
  const head = `${fn.name}(`;
  const tail = `) -> ${returnHint(fn, names)}`;
  const line = head + parameters.join(", ") + tail;
  if (line.length <= lineWidth) return line;
  return `${head}\n${parameters.map((parameter) => `    ${parameter},`).join("\n")}\n${tail}`;
}

/** Shows such a default in documentation: its `repr`, if that is one short line. */
export const shownDefault: OtherDefault = (text) => (/^[ -~]{1,40}$/.test(text) ? text : "...");

function returnHint(fn: ExposedFunction, names: PythonNames): string {
  const hint = pythonHint(fn.returns.shape, "result", names);
  return fn.stream ? `${names.builtin("list")}[${hint}]` : hint;
}

function withSeparators(
  parameters: readonly Parameter[],
  format: (parameter: Parameter) => string,
): string[] {
  const texts: string[] = [];
  parameters.forEach((parameter, i) => {
    const { kind } = parameter;
    const previous = parameters[i - 1]?.kind;
    if (previous === "positional_only" && kind !== "positional_only") texts.push("/");
    if (kind === "keyword_only" && previous !== "keyword_only" && previous !== "var_positional") {
      texts.push("*");
    }
    texts.push(format(parameter));
  });
  if (parameters.at(-1)?.kind === "positional_only") texts.push("/");
  return texts;
}

function formatParameter(parameter: Parameter, names: PythonNames, otherDefault: OtherDefault): string {
  const stars = { var_positional: "*", var_keyword: "**" } as Partial<Record<Parameter["kind"], string>>;
  const hint = pythonHint(parameter.shape, "argument", names);
  const text = `${stars[parameter.kind] ?? ""}${parameter.name}: ${hint}`;
  if (parameter.required || parameter.kind in stars) return text;
  return `${text} = ${defaultLiteral(parameter) ?? otherDefault(parameter.defaultText ?? "...")}`;
}

/**
 * The default as a literal, if it matches the parameter's type and so has the same meaning when it is sent; other
 * defaults are left to the function itself.
 */
function defaultLiteral({ shape, default: value, defaultText = "" }: Parameter): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "number" && typeof value !== "bigint") {
    return accepts(shape, value) ? pythonLiteral(value) : undefined;
  }
  // Use Python's own text, because JavaScript does not distinguish 1.0 from 1 and rounds long integers.
  if (!/^-?(0|[1-9]\d{0,300})(\.\d{1,300})?(e[-+]?\d{1,9})?$/.test(defaultText)) return undefined;
  const number = /^-?\d+$/.test(defaultText) ? BigInt(defaultText) : Number(defaultText);
  return accepts(shape, number) ? defaultText : undefined;
}

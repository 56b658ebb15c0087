import type { FunctionDescription, ParameterDescription } from "@seer/rpc";

const examples: Record<string, unknown> = {
  string: "…",
  integer: 1,
  number: 1,
  boolean: true,
  array: [],
  object: {},
  null: null,
};

/** An example command line that calls a function with its required arguments. */
export function exampleCall(target: string, fn: FunctionDescription): string {
  const required = fn.parameters.filter((parameter) => parameter.required && !/^var_/.test(parameter.kind));
  const args = Object.fromEntries(required.map((parameter) => [parameter.name, exampleValue(parameter)]));
  const option = required.length === 0 ? "" : ` --args '${JSON.stringify(args)}'`;
  return `seer call ${target} ${fn.name}${option}`;
}

function exampleValue({ schema }: ParameterDescription): unknown {
  const type = "type" in schema ? [schema.type].flat()[0] : undefined;
  return typeof type === "string" ? examples[type] : "…";
}

import type { FunctionDescription, ParameterDescription } from "@seer/rpc";

/** A function's signature in Python syntax. */
export function signature({ name, parameters, returns }: FunctionDescription): string {
  const parts: string[] = [];
  parameters.forEach((parameter, index) => {
    const previous = parameters[index - 1]?.kind;
    if (previous === "positional_only" && parameter.kind !== "positional_only") parts.push("/");
    if (parameter.kind === "keyword_only" && previous !== "keyword_only" && previous !== "var_positional")
      parts.push("*");
    parts.push(write(parameter));
  });
  if (parameters.at(-1)?.kind === "positional_only") parts.push("/");
  const result = returns.annotation === "" ? "" : ` -> ${returns.annotation}`;
  return `${name}(${parts.join(", ")})${result}`;
}

function write({ name, kind, annotation, required, defaultText }: ParameterDescription): string {
  const star = kind === "var_positional" ? "*" : kind === "var_keyword" ? "**" : "";
  const hint = annotation === "" ? "" : `: ${annotation}`;
  const isVariable = star !== "";
  return `${star}${name}${hint}${required || isVariable ? "" : ` = ${defaultText ?? "..."}`}`;
}

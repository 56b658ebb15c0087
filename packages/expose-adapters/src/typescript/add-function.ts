import type { SourceFile } from "ts-morph";
import type { ExposedFunction, Parameter } from "../interface/model.ts";
import { raisedText } from "../python/documentation.ts";
import { docsOf, property, propertyName } from "./add-type.ts";
import type { TypeScriptNames } from "./names.ts";
import { typescriptType } from "./types.ts";

/** Adds the function that calls an exposed one, and the type of its arguments. */
export function addFunction(
  file: SourceFile,
  fn: ExposedFunction,
  names: TypeScriptNames,
  connect: string,
): void {
  const name = names.function(fn.name);
  const result = typescriptType(fn.returns.shape, "result", names);
  const takes = addArguments(file, fn, names);
  const parameters = [
    ...(takes === undefined
      ? []
      : [{ name: "args", type: takes.type, ...(takes.optional ? { initializer: "{}" } : {}) }]),
    {
      name: "options",
      type: names.from(fn.stream ? "StreamOptions" : "CallOptions"),
      hasQuestionToken: true,
    },
  ];
  const call = `${JSON.stringify(fn.name)}, ${sent(fn.parameters)}, options`;
  file.addFunction({
    name,
    isExported: true,
    isAsync: true,
    isGenerator: fn.stream,
    parameters,
    returnType: fn.stream ? `AsyncGenerator<${result}, void>` : `Promise<${result}>`,
    docs: docsOf(documentation(fn)),
    statements: fn.stream
      ? [`for await (const item of (await ${connect}()).stream(${call})) yield item as ${result};`]
      : [`return (await (await ${connect}()).call(${call})) as ${result};`],
  });
}

/** Adds the type of a function's arguments, unless it takes none. */
function addArguments(
  file: SourceFile,
  fn: ExposedFunction,
  names: TypeScriptNames,
): { type: string; optional: boolean } | undefined {
  if (fn.parameters.length === 0) return undefined;
  const pascal = fn.name.replaceAll(/(?:^|_)(\p{L})/gu, (_, letter: string) => letter.toUpperCase());
  const type = names.private(`${pascal}Arguments`);
  const properties = fn.parameters.map((parameter) =>
    property(parameter.name, typeOf(parameter, names), !parameter.required, describe(parameter)),
  );
  file.addInterface({ name: type, isExported: true, properties });
  return { type, optional: fn.parameters.every(({ required }) => !required) };
}

function typeOf({ kind, shape }: Parameter, names: TypeScriptNames): string {
  const type = typescriptType(shape, "argument", names);
  if (kind === "var_positional") return `Array<${type}>`;
  return kind === "var_keyword" ? `Record<string, ${type}>` : type;
}

function describe({ kind, description, required, defaultText }: Parameter): string {
  const rest = { var_positional: "Any number of them.", var_keyword: "Any further arguments, by name." };
  const fallback = kind in rest ? rest[kind as keyof typeof rest] : "";
  const hint =
    required || defaultText === undefined ? "" : `Default: \`${defaultText.replaceAll("\n", " ")}\``;
  return [description || fallback, hint].filter((text) => text !== "").join("\n");
}

/** What is sent: `**kwargs` go by their own names. */
function sent(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return "{}";
  const others = parameters.find(({ kind }) => kind === "var_keyword");
  if (others === undefined) return "{ ...args }";
  const key = propertyName(others.name);
  return `{ ...args, ${key}: undefined, ...args${key === others.name ? `.${key}` : `[${key}]`} }`;
}

function documentation({ description, returns, raises }: ExposedFunction): string {
  const result = returns.description === "" ? "" : `@returns ${returns.description}`;
  const thrown = raises.map((raised) => `@throws ${raisedText(raised)}`).join("\n");
  return [description, result, thrown].filter((text) => text !== "").join("\n\n");
}

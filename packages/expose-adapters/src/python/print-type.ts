import { isPythonName } from "../interface/identifiers.ts";
import type { Field, NamedType } from "../interface/model.ts";
import { pythonHint } from "./hints.ts";
import { pythonDocstring, pythonString } from "./literals.ts";
import type { PythonNames } from "./names.ts";

/** Prints a named type as a TypedDict, or an enum as an alias of the type of its values. */
export function printType(type: NamedType, names: PythonNames): string {
  // As a string, because it is evaluated immediately and may refer to later definitions.
  if ("alias" in type.body)
    return printAlias(type, pythonString(pythonHint(type.body.alias, "result", names)), names);
  const { fields } = type.body;
  const required = fields.filter((field) => field.required);
  const optional = fields.filter((field) => !field.required);
  const name = names.type(type);
  const docs = type.description === "" ? [] : [pythonDocstring(type.description, "    ")];
  if (isAwkward(fields, names)) {
    const bases = [
      ...(required.length > 0 ? [callTypedDict(`_${name}Required`, required, true, names)] : []),
      ...(optional.length > 0 ? [callTypedDict(`_${name}Optional`, optional, false, names)] : []),
    ];
    const own = printClass(
      name,
      bases.map((base) => base.name),
      docs,
    );
    return [...bases.map(({ code }) => code), own].join("\n\n\n");
  }
  const typedDict = names.from("typing", "TypedDict");
  const lines = (some: readonly Field[]) => some.flatMap((field) => printField(field, names));
  if (optional.length === 0 || required.length === 0) {
    const total = optional.length > 0 ? ["total=False"] : [];
    return printClass(name, [typedDict, ...total], [...docs, ...lines(fields)]);
  }
  // Before Python 3.11, a TypedDict with required and optional fields needs a base class.
  const base = names.private(`_${name}Required`);
  return [
    printClass(base, [typedDict], lines(required)),
    printClass(name, [base, "total=False"], [...docs, ...lines(optional)]),
  ].join("\n\n\n");
}

/** Prints a named type for readers; the code need not run. */
export function describeType(type: NamedType, names: PythonNames): string {
  if ("alias" in type.body) return printAlias(type, pythonHint(type.body.alias, "result", names), names);
  const docs = type.description === "" ? [] : [pythonDocstring(type.description, "    ")];
  const fields = type.body.fields.flatMap((field) => {
    const [line = "", ...more] = printField(field, names);
    return [field.required ? line : `${line}  # may be left out`, ...more];
  });
  return printClass(names.type(type), ["TypedDict"], [...docs, ...fields]);
}

function printAlias(type: NamedType, hint: string, names: PythonNames): string {
  const code = `${names.type(type)}: ${names.from("typing", "TypeAlias")} = ${hint}`;
  return type.description === "" ? code : `${code}\n${pythonDocstring(type.description)}`;
}

/** Whether a class body cannot declare the fields: a name is not valid in Python, or conflicts with one in a hint. */
function isAwkward(fields: readonly Field[], names: PythonNames): boolean {
  const used = new Set(
    fields.flatMap(({ shape }) => pythonHint(shape, "result", names).match(/[\p{L}\p{N}_]+/gu) ?? []),
  );
  return fields.some(({ name }) => !isPythonName(name) || name.startsWith("__") || used.has(name));
}

function callTypedDict(
  wanted: string,
  fields: readonly Field[],
  total: boolean,
  names: PythonNames,
): { name: string; code: string } {
  const name = names.private(wanted);
  const items = fields.map(
    (field) =>
      `    ${pythonString(field.name)}: ${pythonString(pythonHint(field.shape, "result", names))},\n`,
  );
  const rest = total ? "" : ", total=False";
  const typedDict = names.from("typing", "TypedDict");
  return { name, code: `${name} = ${typedDict}(${pythonString(name)}, {\n${items.join("")}}${rest})` };
}

function printClass(name: string, bases: readonly string[], body: readonly string[]): string {
  const lines = body.length > 0 ? body : ["pass"];
  return [`class ${name}(${bases.join(", ")}):`, ...lines.map((line) => `    ${line}`)].join("\n");
}

function printField({ name, shape, description }: Field, names: PythonNames): string[] {
  const line = `${name}: ${pythonHint(shape, "result", names)}`;
  return description === "" ? [line] : [line, pythonDocstring(description, "    ")];
}

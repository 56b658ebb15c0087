import { isPythonName } from "../interface/identifiers.ts";
import type { Field, NamedType, Shape } from "../interface/model.ts";
import { pythonHint } from "./hints.ts";
import { pythonDocstring, pythonString } from "./literals.ts";
import type { PythonNames } from "./names.ts";

/** A named type as a TypedDict, or as an alias of what an enum's values are. */
export function printType(type: NamedType, names: PythonNames): string {
  if ("alias" in type.body) return printAlias(type, type.body.alias, names);
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
  // Before Python 3.11, a TypedDict with fields of both kinds is made of two.
  const base = names.private(`_${name}Required`);
  return [
    printClass(base, [typedDict], lines(required)),
    printClass(name, [base, "total=False"], [...docs, ...lines(optional)]),
  ].join("\n\n\n");
}

/** A named type for readers, who need no code that runs. */
export function describeType(type: NamedType, names: PythonNames): string {
  if ("alias" in type.body) return printAlias(type, type.body.alias, names);
  const docs = type.description === "" ? [] : [pythonDocstring(type.description, "    ")];
  const fields = type.body.fields.flatMap((field) => {
    const [line = "", ...more] = printField(field, names);
    return [field.required ? line : `${line}  # may be left out`, ...more];
  });
  return printClass(names.type(type), ["TypedDict"], [...docs, ...fields]);
}

function printAlias(type: NamedType, alias: Shape, names: PythonNames): string {
  const code = `${names.type(type)}: ${names.from("typing", "TypeAlias")} = ${pythonHint(alias, "result", names)}`;
  return type.description === "" ? code : `${code}\n${pythonDocstring(type.description)}`;
}

/** Whether a class body would misread a field: its name is no name, or one that a hint beside it uses otherwise. */
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

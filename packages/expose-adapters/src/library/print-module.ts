import { pythonName, takeName } from "../interface/identifiers.ts";
import type { ExposedFunction, Interface } from "../interface/model.ts";
import { someShape } from "../interface/shapes.ts";
import { documentationOf } from "../python/documentation.ts";
import { pythonDocstring, pythonJson, pythonString } from "../python/literals.ts";
import { PythonNames } from "../python/names.ts";
import { printType } from "../python/print-type.ts";
import { pythonSignature } from "../python/signature.ts";

/** The `__init__.py` of a library. */
export function printModule(read: Interface): string {
  const names = new PythonNames(read);
  const helper = helperName(read);
  const types = read.types.map((type) => printType(type, names));
  const functions = read.functions.map((fn) => printFunction(fn, names, helper));
  const all = [...read.functions.map(({ name }) => name), ...read.types.map((type) => names.type(type))];
  const caller = names.from("._client", "Caller");
  const exported = [...all, names.from("._client", "RemoteError")].map(pythonString);
  const head = [
    ...(read.doc === "" ? [] : [pythonDocstring(read.doc), ""]),
    "from __future__ import annotations",
    "",
    ...names.imports,
    "",
    `__all__ = [${exported.join(", ")}]`,
    "",
    `${helper} = ${caller}(__file__)`,
  ];
  return `${[head.join("\n"), ...types, ...functions].join("\n\n\n")}\n`;
}

function printFunction(fn: ExposedFunction, names: PythonNames, helper: string): string {
  const otherDefault = (text: string) => `${names.from("._client", "default")}(${pythonString(text)})`;
  const docs = documentationOf(fn);
  const args = [pythonString(fn.name), ...argumentsOf(fn), ...returnsOf(fn)];
  const line = `return ${helper}(${args.join(", ")})`;
  const body = [
    ...(docs === "" ? [] : [pythonDocstring(docs, "    ")]),
    ...(line.length <= 100 ? [line] : [`return ${helper}(`, ...args.map((arg) => `    ${arg},`), ")"]),
  ];
  return [`def ${pythonSignature(fn, names, otherDefault)}:`, ...body.map((line) => `    ${line}`)].join(
    "\n",
  );
}

/** The arguments by name, followed by `**kwargs`. */
function argumentsOf({ parameters }: ExposedFunction): string[] {
  const named = parameters.filter(({ kind }) => kind !== "var_keyword");
  const others = parameters.filter(({ kind }) => kind === "var_keyword");
  const items = named.map(({ name }) => `${pythonString(name)}: ${name}`);
  return [`{${items.join(", ")}}`, ...others.map(({ name }) => `others=${name}`)];
}

/** The schema for restoring the types of a result, if it has types to restore. */
function returnsOf({ returns, stream }: ExposedFunction): string[] {
  const rebuilt = new Set(["tuple", "set", "datetime", "date", "time", "timedelta"]);
  if (!someShape(returns.shape, ({ kind }) => rebuilt.has(kind))) return [];
  if (depthOf(returns.schema) > maxDepth) return [];
  const { $defs, ...schema } = returns.schema;
  const items = { type: "array", items: schema, ...($defs === undefined ? {} : { $defs }) };
  return [`returns=${pythonJson(stream ? items : returns.schema)}`];
}

/** Python does not parse more than 200 nested brackets. */
const maxDepth = 100;

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** The name of the helper that the functions call, which no function or parameter may have. */
function helperName({ functions, types }: Interface): string {
  const taken = new Set([
    ...functions.flatMap(({ name, parameters }) => [name, ...parameters.map((parameter) => parameter.name)]),
    ...types.map(({ name }) => pythonName(name)),
  ]);
  return takeName("_call", taken);
}

import type { ExposedFunction, Interface } from "../interface/model.ts";
import { someShape } from "../interface/shapes.ts";
import { documentationOf } from "../python/documentation.ts";
import { pythonDocstring } from "../python/literals.ts";
import { PythonNames } from "../python/names.ts";
import { describeType } from "../python/print-type.ts";
import { pythonSignature, shownDefault } from "../python/signature.ts";
import { fence } from "./fence.ts";

/** What an agent is told of an interface's functions: their signatures and docstrings, and the types in them. */
export function interfaceDocs(read: Interface): string {
  const names = new PythonNames(read);
  const functions = read.functions.map((fn) => {
    const body = pythonDocstring(documentationOf(fn), "    ");
    return `${pythonSignature(fn, names, shownDefault)}:\n    ${body === '""""""' ? "..." : body}`;
  });
  const types = read.types.map((type) => describeType(type, names));
  const parts = [
    read.doc,
    fence("python", [...types, ...functions.map((text) => `def ${text}`)].join("\n\n\n")),
    arrayNote(read.functions),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** What `NDArray` means, where a signature says it. */
function arrayNote(functions: readonly ExposedFunction[]): string {
  const shapes = functions.flatMap(({ parameters, returns }) => [
    ...parameters.map(({ shape }) => shape),
    returns.shape,
  ]);
  const arrays = shapes.some((shape) => someShape(shape, ({ kind }) => kind === "ndarray" || kind === "tensor"));
  return arrays ? "An `NDArray` is a numpy array; torch tensors are taken too." : "";
}

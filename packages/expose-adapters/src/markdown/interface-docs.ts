import type { Interface } from "../interface/model.ts";
import { documentationOf } from "../python/documentation.ts";
import { pythonDocstring } from "../python/literals.ts";
import type { PythonNames } from "../python/names.ts";
import { describeType } from "../python/print-type.ts";
import { pythonSignature, shownDefault } from "../python/signature.ts";
import { fence } from "./fence.ts";

/** The documentation of an interface for agents: signatures, docstrings and types. */
export function interfaceDocs(read: Interface, names: PythonNames): string {
  const types = read.types.map((type) => describeType(type, names));
  const functions = read.functions.map((fn) => {
    const docs = documentationOf(fn);
    const body = docs === "" ? "..." : pythonDocstring(docs, "    ");
    return `def ${pythonSignature(fn, names, shownDefault)}:\n    ${body}`;
  });
  const code = fence("python", [...types, ...functions].join("\n\n\n"));
  return read.doc === "" ? code : `${read.doc}\n\n${code}`;
}

import type { ServedInterface } from "@seer/rpc";
import { IndentationText, Project, type SourceFile } from "ts-morph";
import { readInterface } from "../interface/read-interface.ts";
import { addConnection } from "./add-connection.ts";
import { addFunction } from "./add-function.ts";
import { addType } from "./add-type.ts";
import { TypeScriptNames } from "./names.ts";
import { tsDoc } from "./ts-doc.ts";

/**
 * A served interface as a typed TypeScript module, which needs `@seer/rpc`: one function for each that is exposed,
 * taking its arguments as one object by name. Returns the source by its path.
 */
export async function toTypeScript(served: ServedInterface): Promise<Record<string, string>> {
  const read = readInterface(served.name, served.description);
  const names = new TypeScriptNames(read);
  const project = new Project({
    useInMemoryFileSystem: true,
    manipulationSettings: { indentationText: IndentationText.TwoSpaces },
  });
  const file = project.createSourceFile("module.ts");
  const connect = addConnection(file, served, names);
  for (const type of read.types) addType(file, type, names);
  for (const fn of read.functions) addFunction(file, fn, names, connect);
  addImports(file, names);
  return { [`${served.name}.ts`]: `${read.doc === "" ? "" : `${tsDoc(read.doc)}\n`}${file.getFullText()}` };
}

function addImports(file: SourceFile, names: TypeScriptNames): void {
  const namedImports = [...names.imports].sort().map(([name, local]) => ({
    name,
    isTypeOnly: name !== "RpcClient",
    ...(name === local ? {} : { alias: local }),
  }));
  file.insertImportDeclaration(0, { moduleSpecifier: "@seer/rpc", namedImports });
}

import type { ServedInterface } from "@seer/rpc";
import { Library } from "@seer/workspace";
import type { Interface } from "../interface/model.ts";
import { readInterface } from "../interface/read-interface.ts";
import { isArray, someShape } from "../interface/shapes.ts";
import { interfaceDocs } from "../markdown/interface-docs.ts";
import { clientFiles } from "../python/client-files.ts";
import { endpointFile } from "../python/endpoint-file.ts";
import { PythonNames } from "../python/names.ts";
import { printModule } from "./print-module.ts";

/** The Python package of a served interface, whose functions can be imported and called like local ones. */
export function toLibrary(served: ServedInterface): Library {
  const read = readInterface(served.name, served.description);
  return new Library({
    name: served.name,
    files: {
      "__init__.py": printModule(read),
      "_endpoint.json": endpointFile(served),
      "py.typed": "",
      ...clientFiles("_client"),
    },
    docs: docsOf(read),
  });
}

function docsOf(read: Interface): string {
  const shapes = read.functions.flatMap(({ parameters, returns }) => [
    returns.shape,
    ...parameters.map(({ shape }) => shape),
  ]);
  const hasArrays = shapes.some((shape) => someShape(shape, isArray));
  return [
    interfaceDocs(read, new PythonNames(read)),
    "The functions run in a sandbox and keep their state from one call to the next. What they raise is raised here, " +
      "as a `RemoteError` that is also of Python's own class (`except ValueError` works).",
    ...(hasArrays ? ["An `NDArray` is a numpy array; torch tensors are taken too."] : []),
  ].join("\n\n");
}

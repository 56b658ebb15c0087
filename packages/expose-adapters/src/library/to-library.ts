import type { ServedInterface } from "@seer/rpc";
import { Library } from "@seer/workspace";
import { readInterface } from "../interface/read-interface.ts";
import { interfaceDocs } from "../markdown/interface-docs.ts";
import { clientFiles } from "../python/client-files.ts";
import { endpointFile } from "../python/endpoint-file.ts";
import { printModule } from "./print-module.ts";

/** The Python package of a served interface: its functions, to import and call as if they were defined there. */
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
    docs: interfaceDocs(read),
  });
}

import { type InterfaceDescription, type ParameterDescription, parseInterface, RpcError } from "@seer/rpc";
import type { Interface, Parameter } from "./model.ts";
import { readShape } from "./read-shape.ts";
import { TypeRegistry } from "./type-registry.ts";

/**
 * Reads the description of a served interface. The description and the name come from a sandbox with untrusted code, so
 * they are checked before they become code and file names.
 *
 * @throws RpcError `rpc/protocol`
 */
export function readInterface(name: string, given: InterfaceDescription): Interface {
  if (!/^(?!\.)[^\p{C}/\\:]{1,200}$/u.test(name)) {
    throw new RpcError("rpc/protocol", `An interface cannot be called ${JSON.stringify(name)}`, {
      hint: "Give it a name that is valid as a file name.",
    });
  }
  try {
    return read(name, parseInterface(given));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RpcError("rpc/protocol", `The types of ${name} refer to each other too deeply`, { cause });
  }
}

function read(name: string, description: InterfaceDescription): Interface {
  const types = new TypeRegistry();
  // Read results first: if two types have the same name, the result keeps it and the argument becomes `NameInput`.
  const returns = description.functions.map((fn) => readShape(fn.returns.schema, "result", types));
  const functions = description.functions.map((fn, i) => ({
    name: fn.name,
    description: fn.description.trim(),
    parameters: fn.parameters.map((parameter) => readParameter(parameter, types)),
    returns: {
      shape: returns[i] ?? { kind: "any" as const },
      schema: fn.returns.schema,
      description: fn.returns.description.trim(),
    },
    raises: fn.raises ?? [],
    stream: fn.stream,
  }));
  return { name, doc: description.doc.trim(), functions, types: types.all };
}

function readParameter(parameter: ParameterDescription, types: TypeRegistry): Parameter {
  const { name, kind, required } = parameter;
  // A longer default is not useful to readers.
  const defaultText = (parameter.defaultText?.length ?? 0) <= 500 ? parameter.defaultText : undefined;
  return {
    name,
    kind,
    required,
    shape: readShape(parameter.schema, "argument", types),
    ...("default" in parameter ? { default: parameter.default } : {}),
    defaultText,
    description: parameter.description.trim(),
  };
}

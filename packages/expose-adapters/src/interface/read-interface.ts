import type { InterfaceDescription, ParameterDescription } from "@seer/rpc";
import type { Interface, Parameter } from "./model.ts";
import { readShape } from "./read-shape.ts";
import { TypeRegistry } from "./type-registry.ts";

/** Reads a served interface's description for printing, under the name that it is served by. */
export function readInterface(name: string, description: InterfaceDescription): Interface {
  const types = new TypeRegistry();
  // Results first, so that where two types want one name the result keeps it and the argument becomes `NameInput`.
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
    stream: fn.stream,
  }));
  return { name, doc: description.doc.trim(), functions, types: types.all };
}

function readParameter(parameter: ParameterDescription, types: TypeRegistry): Parameter {
  const { name, kind, required, defaultText } = parameter;
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

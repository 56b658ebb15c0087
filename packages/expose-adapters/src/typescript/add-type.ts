import type { PropertySignatureStructure, SourceFile } from "ts-morph";
import { StructureKind } from "ts-morph";
import type { NamedType } from "../interface/model.ts";
import type { TypeScriptNames } from "./names.ts";
import { commentText } from "./ts-doc.ts";
import { typescriptType } from "./types.ts";

/** Adds a named type: an interface, or an alias of what an enum's values are. */
export function addType(file: SourceFile, type: NamedType, names: TypeScriptNames): void {
  const { body, description } = type;
  const head = { name: names.type(type), isExported: true, docs: docsOf(description) };
  if ("alias" in body) {
    file.addTypeAlias({ ...head, type: typescriptType(body.alias, "result", names) });
    return;
  }
  const properties = body.fields.map(({ name, required, shape, description }) =>
    property(name, typescriptType(shape, "result", names), !required, description),
  );
  file.addInterface({ ...head, properties });
}

export function property(
  name: string,
  type: string,
  optional: boolean,
  description: string,
): PropertySignatureStructure {
  return {
    kind: StructureKind.PropertySignature,
    name: propertyName(name),
    // Who passes options on may have undefined for what was not given.
    type: optional ? `${type} | undefined` : type,
    hasQuestionToken: optional,
    docs: docsOf(description),
  };
}

/** A property's name as it is declared, in quotes where it needs them. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

export function docsOf(text: string): string[] {
  return text === "" ? [] : [commentText(text)];
}

import { environmentVariables } from "@seer/config";
import type { ServedInterface } from "@seer/rpc";
import { type SourceFile, VariableDeclarationKind } from "ts-morph";
import type { TypeScriptNames } from "./names.ts";

/** Adds the connection that all functions share, opened by the first call; returns the name of what opens it. */
export function addConnection(
  file: SourceFile,
  { url, token }: ServedInterface,
  names: TypeScriptNames,
): string {
  const client = names.from("RpcClient");
  const [env, connection, connect, close] = ["env", "connection", "connect", "close"].map((name) =>
    names.private(name),
  ) as [string, string, string, string];
  file.addImportDeclaration({
    moduleSpecifier: "node:process",
    namedImports: [env === "env" ? "env" : { name: "env", alias: env }],
  });
  file.addVariableStatement({
    declarationKind: VariableDeclarationKind.Let,
    declarations: [{ name: connection, type: `Promise<${client}> | undefined` }],
  });
  file.addFunction({
    name: connect,
    isAsync: true,
    returnType: `Promise<${client}>`,
    statements: [
      `${connection} ??= ${client}.connect({`,
      `  url: ${env}["${environmentVariables.rpcUrl}"] || ${JSON.stringify(url)},`,
      `  token: ${env}["${environmentVariables.rpcToken}"] || ${JSON.stringify(token)},`,
      "});",
      "try {",
      `  return await ${connection};`,
      "} catch (error) {",
      "  // The next call tries again.",
      `  ${connection} = undefined;`,
      "  throw error;",
      "}",
    ],
  });
  file.addFunction({
    docs: ["Closes the connection, which keeps the process alive; a later call opens another."],
    name: close,
    isExported: true,
    isAsync: true,
    returnType: "Promise<void>",
    statements: [
      `const open = ${connection};`,
      `${connection} = undefined;`,
      `await (await open?.catch(() => undefined))?.close();`,
    ],
  });
  return connect;
}

import { problemWithText } from "@seer/config";
import { EnvironmentError } from "../errors.ts";

// Checks arguments before a system call would fail on them. Callers without type checks can pass anything.

export interface CheckedOptions {
  cwd?: unknown;
  env?: unknown;
  stdin?: unknown;
  timeoutMs?: unknown;
}

/** @throws EnvironmentError `environment/invalid-argument` */
export function checkOptions({ cwd, env, stdin, timeoutMs }: CheckedOptions): void {
  if (cwd !== undefined) checkPath("cwd", cwd);
  if (env !== undefined) checkVariables(env);
  if (stdin !== undefined) checkContent("stdin", stdin);
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs > 0)) {
    throw invalid(
      `\`timeoutMs\` is ${describe(timeoutMs)}`,
      "Pass a positive number of milliseconds, or omit it.",
    );
  }
}

/** @throws EnvironmentError `environment/invalid-argument` */
export function checkCommand(command: unknown): void {
  if (!Array.isArray(command)) {
    checkText("command", command);
    return;
  }
  if (command.length === 0) throw invalid("`command` is an empty list", "Pass a program as the first item.");
  command.forEach((item, index) => {
    checkText(`command[${index}]`, item);
  });
  if (command[0] === "") throw invalid("`command[0]` is empty", "Pass a program as the first item.");
}

/** @throws EnvironmentError `environment/invalid-argument` */
export function checkPath(option: string, path: unknown): asserts path is string {
  checkText(option, path);
  if (path === "") throw invalid(`\`${option}\` is empty`, "Pass a path such as `/workspace/notes.txt`.");
}

/** Checks text for a command, variable or path. @throws EnvironmentError `environment/invalid-argument` */
export function checkText(option: string, text: unknown): asserts text is string {
  checkString(option, text);
  const problem = problemWithText(text);
  if (problem === undefined) return;
  throw invalid(
    `\`${option}\` ${problem}`,
    "Commands, variables and paths are text without NUL characters; write other data to a file, or pass it as `stdin` of `run`.",
  );
}

/** Checks a file's content: text or bytes. @throws EnvironmentError `environment/invalid-argument` */
export function checkContent(option: string, content: unknown): void {
  if (content instanceof Uint8Array) return;
  checkString(option, content);
  const problem = problemWithText(content.replaceAll("\0", " "));
  if (problem !== undefined) throw invalid(`\`${option}\` ${problem}`, "Pass binary data as a Uint8Array.");
}

function checkVariables(env: unknown): void {
  if (typeof env !== "object" || env === null || Array.isArray(env)) {
    throw invalid(`\`env\` is ${describe(env)}`, "Pass an object with names and values.");
  }
  for (const [name, value] of Object.entries(env)) {
    checkText(`env[${JSON.stringify(name)}]`, value);
    checkText("env", name);
    if (name !== "" && !name.includes("=")) continue;
    throw invalid(
      `\`env\` has the variable name ${JSON.stringify(name)}`,
      "A variable name must not be empty or contain `=`.",
    );
  }
}

function checkString(option: string, text: unknown): asserts text is string {
  if (typeof text !== "string") throw invalid(`\`${option}\` is ${describe(text)}`, "Pass a string.");
}

function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === "number") return String(value);
  return Array.isArray(value) ? "a list" : `of type ${typeof value}`;
}

function invalid(message: string, hint: string): EnvironmentError {
  return new EnvironmentError("environment/invalid-argument", message, { hint });
}

/** @throws EnvironmentError `environment/invalid-name` */
export function checkSandboxName(name: string): void {
  if (/^(?!sb-)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return;
  throw new EnvironmentError(
    "environment/invalid-name",
    `${JSON.stringify(name)} is not a valid name for a sandbox`,
    {
      hint: "Use at most 64 letters, digits, `.`, `_` and `-`, starting with a letter or digit but not with `sb-`.",
    },
  );
}

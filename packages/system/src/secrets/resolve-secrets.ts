import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import util from "node:util";
import { problemWithText } from "@seer/config";
import { SystemError } from "../errors.ts";

/**
 * Reads secrets from this process's environment, else from `.env` in the working directory.
 *
 * @throws SystemError `environment/secret-missing`, with the names of all missing secrets
 */
export async function resolveSecrets(names: readonly string[]): Promise<Record<string, string>> {
  if (names.length === 0) return {};
  const { found, missing, file } = await lookUp(names);
  for (const [name, value] of Object.entries(found)) {
    const problem = problemWithText(value);
    if (problem === undefined) continue;
    throw new SystemError("environment/invalid-argument", `The secret ${name} ${problem}`, {
      hint: "Secrets become environment variables, which cannot contain NUL characters.",
    });
  }
  if (missing.length === 0) return found;
  throw new SystemError(
    "environment/secret-missing",
    `${missing.length === 1 ? "The secret" : "The secrets"} ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} ` +
      `set neither in the environment nor in ${file}`,
    { hint: `Run \`export ${missing[0]}=…\`, or add a line \`${missing[0]}=…\` to that file.` },
  );
}

/** The values of those secrets that are set, for masking. */
export async function knownSecrets(names: readonly string[]): Promise<Record<string, string>> {
  return names.length === 0 ? {} : (await lookUp(names)).found;
}

async function lookUp(names: readonly string[]) {
  const file = resolve(".env");
  const fromFile = await readEnvFile(file);
  const found: Record<string, string> = {};
  const missing: string[] = [];
  for (const name of names) {
    const value = process.env[name] || fromFile[name];
    if (value) found[name] = value;
    else missing.push(name);
  }
  return { found, missing, file };
}

async function readEnvFile(file: string): Promise<NodeJS.Dict<string>> {
  try {
    // Not a named import, which Node 18 could not link before the check of its version runs.
    return util.parseEnv(await readFile(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new SystemError(
      "environment/secret-missing",
      `${file} cannot be read: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

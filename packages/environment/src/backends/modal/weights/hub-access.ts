import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { knownSecrets } from "@seer/system";

const forwardedVariables = ["HF_ENDPOINT", "HF_HUB_DISABLE_XET", "HF_HUB_DOWNLOAD_TIMEOUT"] as const;

/** This process's variables with the address of the hub and its download settings. */
export function hubVariables(): Partial<Record<(typeof forwardedVariables)[number], string>> {
  return Object.fromEntries(
    forwardedVariables.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
}

/** The user's hub token: from the sandbox's secrets, the environment, or `hf auth login`. */
export async function hubToken(secrets: Readonly<Record<string, string>>): Promise<string | undefined> {
  const known = secrets.HF_TOKEN ?? (await knownSecrets(["HF_TOKEN"])).HF_TOKEN;
  if (known !== undefined) return known;
  const { HF_TOKEN_PATH, HF_HOME, XDG_CACHE_HOME } = process.env;
  const home = HF_HOME || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  const saved = await readFile(HF_TOKEN_PATH || join(home, "token"), "utf8").catch(() => "");
  return saved.trim() || undefined;
}

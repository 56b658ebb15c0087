import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { knownSecrets } from "../../../secrets/resolve-secrets.ts";

const passedOn = ["HF_ENDPOINT", "HF_HUB_DISABLE_XET", "HF_HUB_DOWNLOAD_TIMEOUT"] as const;

/** Of the researcher's variables those that say where the hub is and how to fetch from it. */
export function hubVariables(): Partial<Record<(typeof passedOn)[number], string>> {
  return Object.fromEntries(
    passedOn.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
}

/** The researcher's token for the hub: that of the sandbox's secrets, of the environment, or of `hf auth login`. */
export async function hubToken(secrets: Readonly<Record<string, string>>): Promise<string | undefined> {
  const given = secrets.HF_TOKEN ?? (await knownSecrets(["HF_TOKEN"])).HF_TOKEN;
  if (given !== undefined) return given;
  const { HF_TOKEN_PATH, HF_HOME, XDG_CACHE_HOME } = process.env;
  const home = HF_HOME || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  const kept = await readFile(HF_TOKEN_PATH || join(home, "token"), "utf8").catch(() => "");
  return kept.trim() || undefined;
}

import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** The directory in the hub's cache on this machine where a model's files are, as far as they were fetched. */
export async function cachedModel(id: string, revision = "main"): Promise<string | undefined> {
  const model = join(hubCache(), `models--${id.replaceAll("/", "--")}`);
  const commit = await readFile(join(model, "refs", revision), "utf8").catch(() => revision);
  const snapshot = join(model, "snapshots", commit.trim());
  const files = await readdir(snapshot).catch(() => []);
  return files.length === 0 ? undefined : snapshot;
}

/** Where `huggingface_hub` keeps it. */
function hubCache(): string {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env;
  if (HF_HUB_CACHE) return HF_HUB_CACHE;
  const home = HF_HOME || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  return join(home, "hub");
}

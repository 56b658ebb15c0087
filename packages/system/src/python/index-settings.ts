import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { runProgram } from "@seer/config";
import { tool } from "../python-tools.ts";
import { hasCredentials, withoutCredentials } from "../secrets/mask.ts";

/** The user's package index settings, as `seer_tools/index_settings.py` prints them. */
export interface IndexSettings {
  readonly index: string | null;
  readonly extra: readonly string[];
  /** Absolute paths and URLs. */
  readonly findLinks: readonly string[];
  readonly noIndex: boolean;
  readonly trustedHosts: readonly string[];
  readonly certificate: string | null;
  readonly clientCertificate: string | null;
  readonly proxy: string | null;
}

export interface SettingsOptions {
  /** A Python interpreter on this machine. */
  python: string;
  installer: "uv" | "pip";
  /** Path of a pip that `python` can run. */
  pip: string | undefined;
  signal?: AbortSignal | undefined;
}

const timeoutMs = 60_000;

export async function readIndexSettings({
  python,
  installer,
  pip,
  signal,
}: SettingsOptions): Promise<IndexSettings> {
  const arguments_ = ["-I", tool("index_settings"), installer, ...(pip === undefined ? [] : [pip])];
  const { stdout } = await runProgram(python, arguments_, { signal, timeoutMs });
  return JSON.parse(stdout) as IndexSettings;
}

/** The settings without passwords and keys, for processes that run third-party code. */
export function publicSettings(settings: IndexSettings): IndexSettings {
  const { index, extra, findLinks, proxy } = settings;
  return {
    ...settings,
    index: index && withoutCredentials(index),
    extra: extra.map(withoutCredentials),
    findLinks: findLinks.map(withoutCredentials),
    proxy: proxy && withoutCredentials(proxy),
    clientCertificate: null,
  };
}

/** Whether these settings use a password or key: in a URL, a proxy, `.netrc` or a client certificate. */
export async function usesCredentials(settings: IndexSettings): Promise<boolean> {
  const { index, extra, findLinks, proxy, clientCertificate } = settings;
  const urls = [index, ...extra, ...findLinks].filter((url) => url !== null);
  if (clientCertificate !== null) return true;
  if ([...urls, proxy ?? "", ...Object.values(proxyVariables())].some(hasCredentials)) return true;
  const netrc = await readFile(netrcFile(), "utf8").catch(() => "");
  return urls.some((url) => URL.canParse(url) && netrc.includes(new URL(url).hostname));
}

/** The user's `.netrc`, which pip and uv read. */
export function netrcFile(): string {
  return process.env.NETRC || join(homedir(), ".netrc");
}

/** The proxy variables of this process's environment. */
export function proxyVariables(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => /^(https?|no|all)_proxy$/i.test(entry[0]) && !!entry[1],
    ),
  );
}

import { homedir } from "node:os";
import { join } from "node:path";
import { withoutCredentials } from "../secrets/mask.ts";
import { type IndexSettings, netrcFile, proxyVariables, publicSettings } from "./index-settings.ts";

// The only variables of this process that an installer inherits: other settings, such as a target directory, would
// change a shared environment, and tokens would be visible to build scripts.
const passedOn = [
  "PATH",
  "LANG",
  "LC_ALL",
  "LC_CTYPE",
  "LD_LIBRARY_PATH",
  "CC",
  "CXX",
  "CUDA_HOME",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "GIT_SSL_CAINFO",
  "PIP_DEFAULT_TIMEOUT",
  "PIP_RETRIES",
  "UV_HTTP_TIMEOUT",
  "UV_NATIVE_TLS",
  "UV_SYSTEM_CERTS",
  "UV_OFFLINE",
  "UV_LINK_MODE",
] as const;

export interface EnvironmentNeeds {
  settings: IndexSettings;
  /** A directory for temporary files, also used as an empty home. */
  temporary: string;
  /** Whether to pass on passwords and keys; only if no package code runs. */
  credentials: boolean;
}

/** The environment variables of an installer. */
export function installerEnvironment({
  settings,
  temporary,
  credentials,
}: EnvironmentNeeds): Record<string, string> {
  return {
    ...baseEnvironment(temporary),
    ...networkVariables(settings, credentials),
    ...(credentials ? { NETRC: netrcFile() } : {}),
  };
}

/** The environment variables of a program that needs neither user settings nor the network. */
export function baseEnvironment(temporary: string): Record<string, string> {
  const { env } = process;
  const caches = env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const pipCaches = process.platform === "darwin" ? join(homedir(), "Library", "Caches") : caches;
  return {
    ...Object.fromEntries(passedOn.flatMap((name) => (env[name] ? [[name, env[name]]] : []))),
    HOME: temporary,
    TMPDIR: temporary,
    PIP_CONFIG_FILE: "/dev/null",
    UV_NO_CONFIG: "1",
    PIP_CACHE_DIR: env.PIP_CACHE_DIR || join(pipCaches, "pip"),
    UV_CACHE_DIR: env.UV_CACHE_DIR || join(caches, "uv"),
  };
}

/** Proxy, certificate and trusted-host variables. */
export function networkVariables(settings: IndexSettings, credentials: boolean): Record<string, string> {
  const { certificate, clientCertificate, proxy, trustedHosts } = settings;
  const proxies = proxy === null ? proxyVariables() : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  const proxyEntries = Object.entries(proxies).map(([name, url]) => [
    name,
    credentials ? url : withoutCredentials(url),
  ]);
  return {
    ...Object.fromEntries(proxyEntries),
    ...(certificate === null ? {} : { PIP_CERT: certificate, SSL_CERT_FILE: certificate }),
    ...(clientCertificate === null
      ? {}
      : { PIP_CLIENT_CERT: clientCertificate, SSL_CLIENT_CERT: clientCertificate }),
    ...(trustedHosts.length === 0
      ? {}
      : { PIP_TRUSTED_HOST: trustedHosts.join(" "), UV_INSECURE_HOST: trustedHosts.join(" ") }),
  };
}

/** Variables that configure the package index for pip in a sandbox, without passwords. */
export function publicPipVariables(settings: IndexSettings): Record<string, string> {
  const withoutPasswords = publicSettings(settings);
  const { index, extra, findLinks, noIndex } = withoutPasswords;
  return {
    PIP_CONFIG_FILE: "/dev/null",
    ...(index === null ? {} : { PIP_INDEX_URL: index }),
    ...(extra.length === 0 ? {} : { PIP_EXTRA_INDEX_URL: extra.join(" ") }),
    ...(findLinks.length === 0 ? {} : { PIP_FIND_LINKS: findLinks.join(" ") }),
    ...(noIndex ? { PIP_NO_INDEX: "1" } : {}),
    ...networkVariables(withoutPasswords, false),
  };
}

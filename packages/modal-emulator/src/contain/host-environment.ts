const PASSED =
  /^(SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|PIP_(CERT|INDEX_URL|EXTRA_INDEX_URL)|UV_(INDEX_URL|NATIVE_TLS))$/i;
const PROXIES = /^(https?|no|all)_proxy$/i;

/** What every process in a container starts with. */
export const containerEnvironment: Readonly<Record<string, string>> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LANG: "C.UTF-8",
};

/** How this machine reaches package registries: builds and sandboxes must reach them the same way. */
export function hostEnvironment(network: "host" | "own"): Record<string, string> {
  const passed = Object.entries(process.env).filter(
    ([name, value]) => value && (PASSED.test(name) || (network === "host" && PROXIES.test(name))),
  );
  return Object.fromEntries(passed as [string, string][]);
}

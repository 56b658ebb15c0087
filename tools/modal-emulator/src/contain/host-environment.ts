import { insidePaths } from "./host-mounts.ts";

const PASSED = /^(PIP_(INDEX_URL|EXTRA_INDEX_URL)|UV_(INDEX_URL|DEFAULT_INDEX))$/;
const PROXIES = /^(https?|no|all)_proxy$/i;

/** The variables with which programs find certificate authorities. */
const CERTIFICATES = [
  "SSL_CERT_FILE",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "PIP_CERT",
  "NODE_EXTRA_CA_CERTS",
];

/** The environment of every process in a container. */
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
  const certificates = CERTIFICATES.map((name) => [name, insidePaths.certificates]);
  return Object.fromEntries([...passed, ...certificates] as [string, string][]);
}

import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** The variables that tell Python's programs which certificate authorities to trust, as behind a company's proxy. */
export const certificateVariables = ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"] as const;

/** What they name on this machine, which isolated programs must see as well. */
export function certificatePaths(): string[] {
  const named = certificateVariables.flatMap((name) => process.env[name] || []);
  return [...new Set(named.map((path) => resolve(path)))].filter((path) => existsSync(path));
}

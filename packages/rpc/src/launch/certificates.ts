import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** The variables with which Python programs trust more certificate authorities, such as a company proxy's. */
export const certificateVariables = ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"] as const;

/** The files and directories those variables name; isolated programs need them mounted. */
export function certificatePaths(): string[] {
  const named = certificateVariables.flatMap((name) => process.env[name] || []);
  return [...new Set(named.map((path) => resolve(path)))].filter((path) => existsSync(path));
}

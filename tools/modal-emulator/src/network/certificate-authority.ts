import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { generate } from "selfsigned";

/** The authority that the tunnels' certificate comes from, for clients that must trust it. */
export interface CertificateAuthority {
  /** The authority's certificate alone, for `NODE_EXTRA_CA_CERTS`. */
  path: string;
  /** The same with this machine's authorities, for programs that take one file for all, such as Python. */
  bundlePath: string;
  certificate: string;
}

/** What a tunnel presents. */
export interface ServerCertificate {
  key: string;
  cert: string;
}

const ALGORITHM = { keyType: "ec", algorithm: "sha256" } as const;

/** Makes an authority and one certificate for every tunnel, all for this emulator alone. */
export async function createCertificateAuthority(
  directory: string,
): Promise<{ authority: CertificateAuthority; server: ServerCertificate }> {
  const authority = await generate([{ name: "commonName", value: "Modal emulator" }], {
    ...ALGORITHM,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: "commonName", value: "localhost" }], {
    ...ALGORITHM,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  await mkdir(directory, { recursive: true });
  const path = join(directory, "ca.pem");
  const bundlePath = join(directory, "ca-bundle.pem");
  await writeFile(path, authority.cert);
  await writeFile(bundlePath, [authority.cert, machineAuthorities()].join("\n"));
  return {
    authority: { path, bundlePath, certificate: authority.cert },
    server: { key: server.private, cert: server.cert },
  };
}

function machineAuthorities(): string {
  const file = process.env.SSL_CERT_FILE ?? "/etc/ssl/certs/ca-certificates.crt";
  return existsSync(file) ? readFileSync(file, "utf8") : rootCertificates.join("\n");
}

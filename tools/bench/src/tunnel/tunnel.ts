import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { fileURLToPath } from "node:url";
import { startLineProcess } from "../processes/line-process.ts";
import { pythonDirectory } from "../processes/python-process.ts";

const relay = fileURLToPath(new URL("relay.ts", import.meta.url));

export interface Tunnel extends AsyncDisposable {
  /** The certificate of the authority to trust. */
  certificate: string;
  /** The port on which a server's port is reached through the tunnel. */
  open(port: number): Promise<number>;
}

/** Starts the simulated tunnel, and makes this process trust its certificate. */
export async function startTunnel(python: string, environment: string): Promise<Tunnel> {
  const directory = join(environment, "certificate");
  const certificate = join(directory, "authority.pem");
  if (!existsSync(certificate))
    execFileSync(python, [join(pythonDirectory, "make_certificate.py"), directory]);
  setDefaultCACertificates([...getCACertificates("default"), readFileSync(certificate, "utf8")]);
  const child = startLineProcess(process.execPath, [relay, directory]);
  const opened = new Map<number, Promise<number>>();
  return {
    certificate,
    open(port) {
      const way = opened.get(port) ?? (child.ask(port) as Promise<number>);
      opened.set(port, way);
      return way;
    },
    [Symbol.asyncDispose]: () => child.end(),
  };
}

import type { Connect } from "../callers/caller.ts";
import { driveFromPython } from "../drivers/python-driver.ts";
import { driveFromTypeScript } from "../drivers/typescript-driver.ts";
import { startPython } from "../processes/python-process.ts";
import type { Bench, Contestant } from "./contestant.ts";

export interface AlternativeOptions {
  name: string;
  /** `python/servers/NAME.py` */
  server: string;
  /** `python/callers/NAME.py`, if its name differs from the server's. */
  caller?: string;
  /** Its client for Node, where there is one. */
  connect?: (bench: Bench) => Connect;
  /** Of `python/callers`, none. */
  onlyTypeScript?: boolean;
  /** The health check path of an HTTP server. */
  healthPath?: string;
  /** Has its own Python environment, and is only included on request. */
  heavy?: boolean;
  env?: Record<string, string>;
}

/** A server of `python/servers`, called by its own clients. */
export function alternative(options: AlternativeOptions): Contestant {
  const { name, server, caller = server, connect, healthPath, heavy = false, env = {} } = options;
  const python = options.onlyTypeScript ? [] : (["Python"] as const);
  return {
    name,
    languages: connect === undefined ? python : ["TypeScript", ...python],
    heavy,
    async start(bench) {
      const { python: interpreter } = heavy ? bench.ray : bench.core;
      const child = startPython({ python: interpreter, arguments: ["-m", `servers.${server}`], env });
      const { port } = (await child.read()) as { port: number };
      return {
        async drive(language, way) {
          const tls = way === "tunnel";
          const reached = tls ? await bench.tunnel.open(port) : port;
          if (language === "TypeScript" && connect !== undefined) {
            return driveFromTypeScript(connect(bench), { port: reached, tls });
          }
          const certificate = tls ? { certificate: bench.tunnel.certificate } : {};
          const health = healthPath === undefined ? {} : { health: healthPath };
          return driveFromPython(
            caller,
            { port: reached, ...certificate, ...health },
            { python: bench.core.python },
          );
        },
        [Symbol.asyncDispose]: () => child.end(),
      };
    },
  };
}

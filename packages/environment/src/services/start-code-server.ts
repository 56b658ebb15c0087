import { randomBytes } from "node:crypto";
import { sandboxPaths } from "@seer/config";
import type { Machine, ServiceRecord } from "../backends/backend.ts";
import { runtimePaths } from "../backends/runtime-paths.ts";
import { listenWhere, startServer } from "./start-server.ts";
import type { ServiceOptions } from "./start-service.ts";

/** Starts code-server behind a password. */
export async function startCodeServer(
  machine: Machine,
  { onProgress, signal, codeServer = runtimePaths.codeServer }: ServiceOptions,
): Promise<ServiceRecord> {
  const real = (path: string) => machine.realPath(path);
  const password = randomBytes(24).toString("base64url");
  const url = await startServer(machine, {
    name: "code-server",
    command: {
      argv: [real(runtimePaths.python), "-s", "-m", "seer_services.code_server"],
      env: { PYTHONPATH: real(runtimePaths.init) },
    },
    settings: {
      password,
      ...listenWhere(machine),
      program: real(codeServer),
      root: real(sandboxPaths.workspace),
      log: real(`${runtimePaths.logs}/code-server.log`),
      pythonPath: machine.state.pythonPath,
    },
    hint: "Remove `debug` to do without.",
    signal,
  });
  // Progress may end up where an agent can read it.
  onProgress(`code-server: ${url} (its password is in \`codeServerPassword\`)`);
  return { service: "code-server", url, secret: password };
}

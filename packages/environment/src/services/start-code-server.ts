import { randomBytes } from "node:crypto";
import { sandboxPaths } from "@seer/config";
import { runtimePaths } from "../runtime/runtime-paths.ts";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { ServiceRecord } from "../runtime/sandbox-state.ts";
import { listenWhere, startServer } from "./start-server.ts";
import type { ServiceOptions } from "./start-services.ts";

/** Starts code-server, protected by a password. */
export async function startCodeServer(
  instance: SandboxInstance,
  { onProgress, signal, codeServer = runtimePaths.codeServer }: ServiceOptions,
): Promise<ServiceRecord> {
  const real = (path: string) => instance.realPath(path);
  const password = randomBytes(24).toString("base64url");
  const url = await startServer(instance, {
    name: "code-server",
    command: {
      argv: [real(runtimePaths.python), "-s", "-m", "seer_services.code_server"],
      env: { PYTHONPATH: real(runtimePaths.init) },
    },
    settings: {
      password,
      ...listenWhere(instance),
      program: real(codeServer),
      root: real(sandboxPaths.workspace),
      log: real(`${runtimePaths.logs}/code-server.log`),
      pythonPath: instance.state.pythonPath,
    },
    hint: "Remove `debug` to start without code-server.",
    signal,
  });
  // The password is not reported, because agents may be able to read progress messages.
  onProgress(`code-server: ${url} (its password is in \`codeServerPassword\`)`);
  return { service: "code-server", url, secret: password };
}

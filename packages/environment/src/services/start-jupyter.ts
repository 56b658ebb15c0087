import { randomBytes } from "node:crypto";
import { sandboxPaths } from "@seer/config";
import { runtimePaths } from "../runtime/runtime-paths.ts";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { ServiceRecord } from "../runtime/sandbox-state.ts";
import { listenWhere, startServer } from "./start-server.ts";
import type { ServiceOptions } from "./start-services.ts";

/** Starts a Jupyter server whose kernels use the sandbox's own Python. */
export async function startJupyter(
  instance: SandboxInstance,
  { onProgress, signal }: ServiceOptions,
): Promise<ServiceRecord> {
  const real = (path: string) => instance.realPath(path);
  const token = randomBytes(32).toString("base64url");
  const url = await startServer(instance, {
    name: "The Jupyter server",
    command: {
      argv: [real(`${runtimePaths.jupyter}/bin/python`), "-s", "-m", "seer_services.jupyter"],
      env: { PYTHONPATH: real(runtimePaths.init) },
    },
    settings: {
      token,
      ...listenWhere(instance),
      // Requests through a tunnel have another hostname.
      remote: instance.state.isolation.kind === "remote",
      root: real(sandboxPaths.workspace),
      log: real(`${runtimePaths.logs}/jupyter.log`),
      kernel: [
        real(runtimePaths.python),
        real(`${runtimePaths.init}/seer_services/kernel.py`),
        real(runtimePaths.kernel),
      ],
      pythonPath: instance.state.pythonPath,
    },
    hint: 'Add `ipykernel` to `pythonPackages`, so that the installer chooses a compatible version, or disable notebooks with `executionMode: "cli"`.',
    signal,
  });
  onProgress(`Jupyter server: ${url}`);
  return { service: "jupyter", url, secret: token };
}

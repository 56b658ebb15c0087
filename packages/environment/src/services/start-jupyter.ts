import { randomBytes } from "node:crypto";
import { sandboxPaths } from "@seer/config";
import type { Machine, ServiceRecord } from "../backends/backend.ts";
import { runtimePaths } from "../backends/runtime-paths.ts";
import { listenWhere, startServer } from "./start-server.ts";
import type { ServiceOptions } from "./start-service.ts";

/** Starts a Jupyter server, whose kernels are in the sandbox's own Python. */
export async function startJupyter(
  machine: Machine,
  { onProgress, signal }: ServiceOptions,
): Promise<ServiceRecord> {
  const real = (path: string) => machine.realPath(path);
  const token = randomBytes(32).toString("base64url");
  const url = await startServer(machine, {
    name: "The Jupyter server",
    command: {
      argv: [real(`${runtimePaths.jupyter}/bin/python`), "-s", "-m", "seer_services.jupyter"],
      env: { PYTHONPATH: real(runtimePaths.init) },
    },
    settings: {
      token,
      ...listenWhere(machine),
      // Requests come through a tunnel under another host's name.
      remote: machine.state.isolation.kind === "remote",
      root: real(sandboxPaths.workspace),
      log: real(`${runtimePaths.logs}/jupyter.log`),
      kernel: [
        real(runtimePaths.python),
        real(`${runtimePaths.init}/seer_services/kernel.py`),
        real(runtimePaths.kernel),
      ],
      pythonPath: machine.state.pythonPath,
    },
    hint: 'With `ipykernel` in `pythonPackages` the installer finds one that works with the others; `executionMode: "cli"` does without.',
    signal,
  });
  onProgress(`Jupyter server: ${url}`);
  return { service: "jupyter", url, secret: token };
}

import type { ServiceStep } from "../../../plan/plan.ts";
import { jupyterPackages } from "../../../runtime/jupyter-packages.ts";
import { runtimePaths } from "../../../runtime/runtime-paths.ts";
import type { Layer } from "./layers.ts";
import { aptInstall, shellCommand, uvInstall } from "./shell-commands.ts";

type Services = readonly ServiceStep["service"][];

const codeServerVersion = "4.100.3";

/** Layers that do not depend on the sandbox's packages, so that changed packages do not rebuild them. */
export function serverLayers(services: Services): Layer[] {
  return [
    ...(services.includes("jupyter") ? [jupyterLayer] : []),
    ...(services.includes("code-server") ? [codeServerLayer] : []),
  ];
}

const jupyterLayer: Layer = {
  kind: "services",
  title: "Jupyter server",
  commands: [
    `RUN ${shellCommand(["python", "-m", "venv", "--without-pip", runtimePaths.jupyter])}`,
    uvInstall(["--python", `${runtimePaths.jupyter}/bin/python`], jupyterPackages.server),
  ],
};

const installer = "/tmp/install-code-server.sh";

const codeServerLayer: Layer = {
  kind: "services",
  title: "code-server",
  commands: [
    aptInstall(["curl"]),
    // Two commands, because the exit code of a pipe is that of its last command.
    `RUN ${shellCommand(["curl", "-fsSL", "--retry", "3", "-o", installer, "https://code-server.dev/install.sh"])} && ${shellCommand(
      [
        "sh",
        installer,
        "--method=standalone",
        `--prefix=${runtimePaths.codeServer.replace(/\/bin\/[^/]+$/, "")}`,
        `--version=${codeServerVersion}`,
      ],
    )} && rm -rf ${installer} /root/.cache/code-server`,
  ],
};

const installed = "/tmp/installed.txt";

/** Layers with the notebook kernel, in versions compatible with the sandbox's packages, because the kernel imports those. */
export function kernelLayers(services: Services): Layer[] {
  if (!services.includes("jupyter")) return [];
  const freeze = shellCommand(["uv", "pip", "freeze", "--python", runtimePaths.python]);
  return [
    {
      kind: "kernel",
      title: "notebook kernel",
      commands: [
        // Packages from files or repositories have no version to constrain.
        `RUN ${freeze} | { grep -E '^[A-Za-z0-9._-]+==' || true; } > ${installed}`,
        uvInstall(
          ["--python", runtimePaths.python, "--target", runtimePaths.kernel, "--constraint", installed],
          jupyterPackages.kernel,
        ),
      ],
    },
  ];
}

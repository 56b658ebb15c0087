import type { ServiceStep } from "../../../plan/plan.ts";
import { jupyterPackages } from "../../../services/packages.ts";
import { runtimePaths } from "../../runtime-paths.ts";
import { aptInstall, uvInstall } from "./commands.ts";
import type { Layer } from "./layers.ts";
import { shellCommand } from "./shell-quote.ts";

type Services = readonly ServiceStep["service"][];

const codeServerVersion = "4.100.3";

/** What services need whatever the sandbox's own packages are, so that changing those builds none of it anew. */
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
    // In two steps: of a pipe, the shell would only notice how the end of it went.
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

/** The packages of a notebook's kernel, in versions that work with the sandbox's own: those are the ones that it imports. */
export function kernelLayers(services: Services): Layer[] {
  if (!services.includes("jupyter")) return [];
  const freeze = shellCommand(["uv", "pip", "freeze", "--python", runtimePaths.python]);
  return [
    {
      kind: "kernel",
      title: "a kernel for notebooks",
      commands: [
        // What comes from a file or a repository has no version to be held to.
        `RUN ${freeze} | { grep -E '^[A-Za-z0-9._-]+==' || true; } > ${installed}`,
        uvInstall(
          ["--python", runtimePaths.python, "--target", runtimePaths.kernel, "--constraint", installed],
          jupyterPackages.kernel,
        ),
      ],
    },
  ];
}

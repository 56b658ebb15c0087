import { sandboxPaths } from "@seer/config";
import { type Plan, type PythonStep, type ServiceStep, servicesOf } from "../../../plan/plan.ts";
import { runtimePaths } from "../../../runtime/runtime-paths.ts";
import { kernelLayers, serverLayers } from "./service-layers.ts";
import { aptInstall, shellCommand, shellQuote, uvInstall } from "./shell-commands.ts";

/** Contents of a sandbox's image. */
export interface ImageSpec {
  readonly python: PythonStep;
  /** Whether the sandbox has a GPU; decides which build of PyTorch is installed. */
  readonly gpu?: boolean | undefined;
  readonly systemPackages: readonly string[];
  /** Whether to include a container engine. */
  readonly docker: boolean;
  /** Services that will run in the sandbox. */
  readonly services?: readonly ServiceStep["service"][] | undefined;
}

/** Dockerfile commands that are built and cached together, and share one error message. */
export interface Layer {
  readonly kind:
    | "base"
    | "tools"
    | "system-packages"
    | "docker"
    | "services"
    | "packages"
    | "kernel"
    | "sources";
  /** Description for progress and error messages. */
  readonly title: string;
  readonly commands: readonly string[];
}

/** Default for configurations without `pythonVersion`. */
const defaultPython = "3.12";
// Pinned so that the versions of `systemPackages` stay the same.
const debian = "trixie";
const uv = "uv==0.13.8";

function baseImage({ version = defaultPython }: PythonStep): string {
  return `python:${version}-slim-${debian}`;
}

/** Returns the layers of a sandbox's image. Those that change most often come last. */
export function imageLayers(spec: ImageSpec, sources: Uint8Array): Layer[] {
  const { python, gpu = false, systemPackages, docker, services = [] } = spec;
  // PyPI only has the CUDA build, which takes 5 GB.
  const torch = gpu ? [] : ["--torch-backend", "cpu"];
  const packages = [...new Set(python.packages)].toSorted();
  const system = [...new Set(systemPackages)].toSorted();
  return [
    { kind: "base", title: baseImage(python), commands: [] },
    { kind: "tools", title: "git, uv and a virtual environment", commands: toolCommands() },
    ...(docker ? [dockerLayer] : []),
    ...(system.length === 0
      ? []
      : [{ kind: "system-packages", title: system.join(", "), commands: [aptInstall(system)] } as const]),
    ...serverLayers(services),
    ...(packages.length === 0
      ? []
      : [
          {
            kind: "packages",
            title: packages.join(", "),
            commands: [uvInstall(["--python", runtimePaths.python, ...torch], packages)],
          } as const,
        ]),
    ...kernelLayers(services),
    { kind: "sources", title: "Seer's own files", commands: sourceCommands(sources) },
  ];
}

function toolCommands(): string[] {
  return [
    aptInstall(["ca-certificates", "git"]),
    `RUN ${shellCommand(["python", "-m", "pip", "install", "--disable-pip-version-check", uv])} && rm -rf /root/.cache/pip`,
    `RUN ${shellCommand(["python", "-m", "venv", runtimePaths.environment])}`,
  ];
}

// Modal runs sandboxes in gVisor, which has neither nftables nor bridges, so containers use the sandbox's network.
const dockerSettings = JSON.stringify({ bridge: "none", ip6tables: false, iptables: false });

const dockerLayer: Layer = {
  kind: "docker",
  title: "Docker",
  commands: [
    aptInstall(["docker.io", "docker-cli", "iptables"]),
    `RUN mkdir -p /etc/docker && printf %s ${shellQuote(dockerSettings)} > /etc/docker/daemon.json`,
  ],
};

// A program argument is limited to 128 KiB, and a Dockerfile line to 64 KiB.
const chunkLength = 48 * 1024;

function sourceCommands(sources: Uint8Array): string[] {
  const encoded = Buffer.from(sources).toString("base64");
  const { runtime, workspace, models } = sandboxPaths;
  const archive = `${runtime}/sources`;
  const chunks = encoded.match(new RegExp(`.{1,${chunkLength}}`, "g")) ?? [];
  const directories = [
    `${runtime}/init`,
    runtimePaths.host,
    runtimePaths.logs,
    workspace,
    models,
    "/home/seer",
  ];
  return [
    `RUN mkdir -p ${directories.join(" ")}`,
    ...chunks.map((chunk) => `RUN printf %s ${chunk} >> ${archive}`),
    `RUN base64 -d ${archive} | tar -xz -C ${runtime} && rm ${archive}`,
    // Compiled here, so that sandboxes do not have to compile them at each start.
    `RUN ${runtimePaths.python} -m compileall -q --invalidation-mode unchecked-hash ${runtime}/init ${runtimePaths.host}`,
  ];
}

/** Returns the contents of the image that a plan needs. */
export function specOf(plan: Plan): ImageSpec {
  let spec: ImageSpec = {
    python: { kind: "python", packages: [] },
    systemPackages: [],
    docker: false,
    services: servicesOf(plan),
  };
  for (const step of plan.steps) {
    if (step.kind === "gpu") spec = { ...spec, gpu: true };
    if (step.kind === "python") spec = { ...spec, python: step };
    if (step.kind === "system-packages") spec = { ...spec, systemPackages: step.packages };
    if (step.kind === "instance") spec = { ...spec, docker: step.docker };
  }
  return spec;
}

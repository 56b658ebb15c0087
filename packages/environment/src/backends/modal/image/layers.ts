import { sandboxPaths } from "@seer/config";
import type { PythonStep, ServiceStep } from "../../../plan/plan.ts";
import { runtimePaths } from "../../runtime-paths.ts";
import { aptInstall, uvInstall } from "./commands.ts";
import { kernelLayers, serverLayers } from "./service-layers.ts";
import { shellCommand, shellQuote } from "./shell-quote.ts";

/** What a sandbox's image is made of. */
export interface ImageSpec {
  readonly python: PythonStep;
  readonly systemPackages: readonly string[];
  /** Whether containers can be built and run in it. */
  readonly docker: boolean;
  /** The services that are to run in it. */
  readonly services?: readonly ServiceStep["service"][] | undefined;
}

/** Dockerfile commands that are built, cached and blamed together. */
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
  /** What is being done, for a line of progress. */
  readonly title: string;
  readonly commands: readonly string[];
}

/** When a configuration names no Python. */
const defaultPython = "3.12";
// The Debian release is named so that the packages of `systemPackages` stay the same ones.
const debian = "trixie";
const uv = "uv==0.13.8";

function baseImage({ version = defaultPython }: PythonStep): string {
  return `python:${version}-slim-${debian}`;
}

/** The layers of a sandbox's image; what changes most often comes last. */
export function imageLayers(spec: ImageSpec, sources: Uint8Array): Layer[] {
  const { python, systemPackages, docker, services = [] } = spec;
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
            commands: [uvInstall(["--python", runtimePaths.python], packages)],
          } as const,
        ]),
    ...kernelLayers(services),
    { kind: "sources", title: "Seer's own part", commands: sourceCommands(sources) },
  ];
}

function toolCommands(): string[] {
  return [
    aptInstall(["ca-certificates", "git"]),
    `RUN ${shellCommand(["python", "-m", "pip", "install", "--disable-pip-version-check", uv])} && rm -rf /root/.cache/pip`,
    `RUN ${shellCommand(["python", "-m", "venv", runtimePaths.environment])}`,
  ];
}

// gVisor, in which Modal's sandboxes run, has neither nftables nor bridges: containers use the sandbox's own network.
const dockerSettings = JSON.stringify({ bridge: "none", ip6tables: false, iptables: false });

const dockerLayer: Layer = {
  kind: "docker",
  title: "Docker",
  commands: [
    aptInstall(["docker.io", "docker-cli", "iptables"]),
    `RUN mkdir -p /etc/docker && printf %s ${shellQuote(dockerSettings)} > /etc/docker/daemon.json`,
  ],
};

// One argument of a program may have 128 KiB, and one line of a Dockerfile 64 KiB.
const chunkLength = 48 * 1024;

function sourceCommands(sources: Uint8Array): string[] {
  const encoded = Buffer.from(sources).toString("base64");
  const { runtime, workspace, models } = sandboxPaths;
  const parcel = `${runtime}/sources`;
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
    ...chunks.map((chunk) => `RUN printf %s ${chunk} >> ${parcel}`),
    `RUN base64 -d ${parcel} | tar -xz -C ${runtime} && rm ${parcel}`,
    // Otherwise every sandbox compiles them anew when it starts.
    `RUN ${runtimePaths.python} -m compileall -q --invalidation-mode unchecked-hash ${runtime}/init ${runtimePaths.host}`,
  ];
}

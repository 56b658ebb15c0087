import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { collectOutput } from "../contain/collect-output.ts";
import { containerEnvironment, hostEnvironment } from "../contain/host-environment.ts";
import { type GuestFiles, guestMounts, type Mount, writable } from "../contain/host-mounts.ts";
import { launch } from "../contain/launch.ts";
import { createRootfs, type Rootfs, removeRootfs } from "../contain/rootfs.ts";
import { visiblePython } from "./base-image.ts";
import { expandVariables, type Instruction, parseAssignments, parseCommand } from "./dockerfile.ts";
import type { ImageConfig } from "./image.ts";

/** Instructions that say something about an image that the emulator's sandboxes do not depend on. */
const WITHOUT_EFFECT = new Set([
  "CMD",
  "ENTRYPOINT",
  "EXPOSE",
  "HEALTHCHECK",
  "LABEL",
  "MAINTAINER",
  "SHELL",
  "STOPSIGNAL",
  "USER",
  "VOLUME",
]);

export interface BuildRequest {
  /** All instructions after FROM. */
  instructions: readonly Instruction[];
  /** What they are laid over, the topmost layer first. */
  layers: readonly string[];
  config: ImageConfig;
  /** Variables that RUN sees and the image does not keep. */
  secrets: Readonly<Record<string, string>>;
}

export interface BuildTools {
  /** Where the new layer goes. */
  layer: string;
  /** A directory that packagers keep their downloads in. */
  downloads: string;
  files: GuestFiles;
  signal: AbortSignal;
  log: (text: string) => void;
}

/** Thrown when an instruction fails; its message is what the client is told. */
export class BuildFailure extends Error {
  override name = "BuildFailure";
}

/** What identifies a build: its instructions and everything that decides what they do. */
export function buildKey(request: BuildRequest, from: string): string {
  const parts = [from, request.layers, request.instructions, request.secrets];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** Executes the instructions, and writes their result to a new layer. */
export async function buildImage(request: BuildRequest, tools: BuildTools): Promise<ImageConfig> {
  const config: ImageConfig = { ...request.config, env: { ...request.config.env } };
  const build: Build = { config, secrets: { ...request.secrets }, tools };
  const scratch = `${tools.layer}.root`;
  await mkdir(tools.layer, { recursive: true });
  try {
    build.rootfs = { ...(await createRootfs(scratch, request.layers)), upper: tools.layer };
    for (const [index, instruction] of request.instructions.entries()) {
      tools.log(
        `=> Step ${index + 1}/${request.instructions.length}: ${instruction.keyword} ${instruction.value}\n`,
      );
      await carryOut(instruction, build);
    }
    return config;
  } finally {
    await removeRootfs(scratch);
  }
}

interface Build {
  config: ImageConfig;
  secrets: Record<string, string>;
  tools: BuildTools;
  rootfs?: Rootfs;
}

async function carryOut({ keyword, value }: Instruction, build: Build): Promise<void> {
  const { config } = build;
  switch (keyword) {
    case "RUN":
      return run(value, build);
    case "ENV":
      for (const [name, text] of parseAssignments(value))
        config.env[name] = expandVariables(text, known(build));
      return;
    case "ARG":
      for (const [name, text] of parseAssignments(value))
        build.secrets[name] ??= expandVariables(text, known(build));
      return;
    case "WORKDIR":
      config.workdir = join(config.workdir, expandVariables(value.trim(), known(build)));
      return run(`mkdir -p '${config.workdir}'`, build, "/");
    default:
      if (WITHOUT_EFFECT.has(keyword)) return;
      throw new BuildFailure(`The emulator cannot carry out ${keyword} ${value}`);
  }
}

async function run(value: string, build: Build, cwd = build.config.workdir): Promise<void> {
  const { tools, config } = build;
  const child = launch({
    rootfs: build.rootfs as Rootfs,
    mounts: buildMounts(tools, config),
    command: parseCommand(value),
    cwd,
    env: { ...known(build), PIP_CACHE_DIR: `${DOWNLOADS}/pip`, UV_CACHE_DIR: `${DOWNLOADS}/uv` },
    network: "host",
    hostname: "modal-build",
    stdio: ["ignore", "pipe", "pipe"],
    signal: tools.signal,
  });
  const { code } = await collectOutput(child, tools.log);
  if (code !== 0) throw new BuildFailure(`RUN ${value} failed with exit code ${code}`);
}

const DOWNLOADS = "/__modal/downloads";

function buildMounts(tools: BuildTools, config: ImageConfig): Mount[] {
  return [
    writable(tools.downloads, DOWNLOADS),
    ...guestMounts(tools.files),
    ...visiblePython(config.pythonPrefix),
  ];
}

function known(build: Build): Record<string, string> {
  return { ...containerEnvironment, ...hostEnvironment("host"), ...build.config.env, ...build.secrets };
}

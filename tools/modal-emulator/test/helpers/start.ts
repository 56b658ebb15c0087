import type { App, Image, ModalClient, Sandbox, SandboxCreateParams, SandboxExecParams } from "modal";
import { describe as describeAlways, it as itAlways } from "vitest";
import {
  emulationObstacle,
  type ModalEmulator,
  type ModalEmulatorOptions,
  startModalEmulator,
} from "../../src/index.ts";

const obstacle = await emulationObstacle();
if (obstacle !== undefined) console.warn(`Skipped: ${obstacle}`);

/** As vitest's own, where this machine can emulate Modal; else what they hold is reported as skipped. */
export const describe = describeAlways.skipIf(obstacle !== undefined);
export const it = itAlways.skipIf(obstacle !== undefined);

/** An emulator with the real SDK pointed at it. */
export interface Setup extends AsyncDisposable {
  emulator: ModalEmulator;
  modal: ModalClient;
  app: App;
  /** An image without any instruction. */
  image: Image;
  create(params?: SandboxCreateParams): Promise<Sandbox>;
}

export async function start(options: ModalEmulatorOptions = {}): Promise<Setup> {
  const emulator = await startModalEmulator(options);
  Object.assign(process.env, emulator.env, { MODAL_LOGLEVEL: "ERROR" });
  const { ModalClient } = await import("modal");
  const modal = new ModalClient();
  const app = await modal.apps.fromName("tests", { createIfMissing: true });
  const image = await modal.images.fromRegistry("debian:bookworm-slim").build(app);
  return {
    emulator,
    modal,
    app,
    image,
    create: (params) => modal.sandboxes.create(app, image, params),
    [Symbol.asyncDispose]: () => emulator.close(),
  };
}

/** The parameters that make the SDK use the newer and the older backend. */
export const versions = [
  { version: 2, params: {} },
  { version: 1, params: { gpu: "T4" } },
] as const satisfies { version: 1 | 2; params: SandboxCreateParams }[];

/** Runs a command to its end. */
export async function run(
  sandbox: Sandbox,
  command: string[],
  params: Omit<SandboxExecParams, "mode"> = {},
): Promise<{ stdout: string; stderr: string; code: number }> {
  const process = await sandbox.exec(command, { ...params, mode: "text" });
  const [stdout, stderr] = await Promise.all([process.stdout.readText(), process.stderr.readText()]);
  return { stdout, stderr, code: await process.wait() };
}

import { cp, mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { AccessTokens } from "./access-tokens.ts";
import { emulationObstacle } from "./contain/check-host.ts";
import { accountHandlers } from "./control/accounts.ts";
import { imageHandlers } from "./control/images.ts";
import { sandboxStdioHandlers } from "./control/sandbox-stdio.ts";
import { sandboxHandlers } from "./control/sandboxes.ts";
import { EmulatedClock } from "./emulated-clock.ts";
import { type Credentials, EmulatorPipeline } from "./emulator-pipeline.ts";
import type { EmulatorState } from "./emulator-state.ts";
import { Faults } from "./faults/faults.ts";
import { ImageStore } from "./images/image-store.ts";
import { ModalEmulator } from "./modal-emulator.ts";
import type { ModalEmulatorOptions } from "./modal-emulator-options.ts";
import { type CertificateAuthority, createCertificateAuthority } from "./network/certificate-authority.ts";
import { execHandlers } from "./router/execs.ts";
import { runningSandboxHandlers } from "./router/sandboxes.ts";
import { createRuntimeDirectory } from "./runtime-directory.ts";
import { SandboxStore } from "./sandboxes/sandbox-store.ts";
import { AppStore } from "./stores/app-store.ts";
import { SecretStore } from "./stores/secret-store.ts";
import { VolumeStore } from "./stores/volume-store.ts";
import { WireServer } from "./wire/wire-server.ts";

const CREDENTIALS: Credentials = { tokenId: "ak-emulator", tokenSecret: "as-emulator" };

const TOKEN_LIFETIME_MS = 20 * 60 * 1000;

/**
 * Starts Modal's servers on loopback.
 *
 * @throws when this machine cannot isolate sandboxes: without bubblewrap there is nothing to emulate them with.
 */
export async function startModalEmulator(options: ModalEmulatorOptions = {}): Promise<ModalEmulator> {
  const obstacle = await emulationObstacle();
  if (obstacle !== undefined) throw new Error(obstacle);
  const runtimeDirectory = await createRuntimeDirectory();
  const directory = resolve(options.stateDirectory ?? runtimeDirectory);
  await mkdir(directory, { recursive: true });
  const packages = join(runtimeDirectory, "packages");
  await writeFile(packages, (options.systemPackages ?? []).map((name) => `${name}\n`).join(""));
  const programs = await copyPrograms(runtimeDirectory, options.programs ?? {});
  const { authority, server: certificate } = await createCertificateAuthority(runtimeDirectory);
  const files = { packages, programs, certificates: authority.bundlePath };

  const closing = new AbortController();
  const clock = new EmulatedClock();
  const now = () => clock.now();
  const tokens = new AccessTokens(options.tokenLifetimeMs ?? TOKEN_LIFETIME_MS);
  const sandboxes = new SandboxStore();
  const faults = new Faults({
    tokens,
    dropConnections: () => server.dropConnections(),
    crashSandbox: async (id) => sandboxes.get(id).running().container.kill(),
  });
  const python = options.python ?? process.env.SEER_PYTHON;
  const images = new ImageStore({
    directory: join(directory, "images"),
    cacheDirectory: resolve(options.cacheDirectory ?? defaultCacheDirectory()),
    ...(options.builtImagesDirectory !== undefined && {
      builtImages: {
        directory: resolve(options.builtImagesDirectory),
        ingredients: [options.systemPackages, options.programs],
      },
    }),
    files,
    signal: closing.signal,
    now,
    injectedFailure: () => faults.effects.buildFailure(),
    ...(python !== undefined && { python }),
  });
  const state: EmulatorState = {
    apps: new AppStore(),
    images,
    volumes: new VolumeStore(join(directory, "volumes")),
    secrets: new SecretStore(options.secrets),
    sandboxes,
    clock,
    tokens,
    faults,
    certificate,
    directory,
    runtimeDirectory,
    hostPorts: options.hostPorts ?? [],
    files,
    routerUrl: () => `https://127.0.0.1:${server.port}`,
  };
  const pipeline = new EmulatorPipeline({ faults, tokens, credentials: CREDENTIALS, now });
  const server = await WireServer.listen(
    {
      control: {
        ...accountHandlers(state),
        ...imageHandlers(state),
        ...sandboxHandlers(state),
        ...sandboxStdioHandlers(state),
      },
      router: { ...execHandlers(state), ...runningSandboxHandlers(state) },
    },
    pipeline,
    options.port ?? 0,
  );
  const env = clientEnvironment(server.port, runtimeDirectory, authority);
  return new ModalEmulator({ state, pipeline, server, authority, env, closing });
}

function clientEnvironment(
  port: number,
  directory: string,
  authority: CertificateAuthority,
): Record<string, string> {
  return {
    MODAL_SERVER_URL: `http://127.0.0.1:${port}`,
    MODAL_TOKEN_ID: CREDENTIALS.tokenId,
    MODAL_TOKEN_SECRET: CREDENTIALS.tokenSecret,
    // A file that does not exist, so that a person's real profile is never used.
    MODAL_CONFIG_PATH: join(directory, "no-profile.toml"),
    MODAL_ENVIRONMENT: "main",
    NODE_EXTRA_CA_CERTS: authority.bundlePath,
    SSL_CERT_FILE: authority.bundlePath,
    REQUESTS_CA_BUNDLE: authority.bundlePath,
  };
}

function defaultCacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "seer", "modal-emulator");
}

async function copyPrograms(
  runtimeDirectory: string,
  programs: Readonly<Record<string, string>>,
): Promise<string> {
  const target = join(runtimeDirectory, "programs");
  await mkdir(target);
  for (const [name, from] of Object.entries(programs))
    await cp(from, join(target, name), { recursive: true });
  return target;
}

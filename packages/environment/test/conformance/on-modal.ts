import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { afterAll, beforeAll, describe, expect, vi } from "vitest";
import { useOwnHome } from "../support/home.ts";
import { useHub } from "../support/hub.ts";
import { startModal } from "../support/modal-session.ts";
import type { Place } from "./reference.ts";
import { debianPackages } from "./stand-ins.ts";
import { makeWorld, type World } from "./world.ts";

interface OnModal {
  readonly world: () => World;
  readonly emulator: () => ModalEmulator;
  readonly hub: ReturnType<typeof useHub>;
}

/** Tests with an emulator of Modal and all that sandboxes on it are made of, where Modal can be emulated. */
export async function describeOnModal(title: string, define: (place: OnModal) => void): Promise<void> {
  const home = useOwnHome();
  const hub = useHub();
  let emulator: ModalEmulator;
  let world: World;

  describe.skipIf((await emulationObstacle()) !== undefined)(title, () => {
    beforeAll(async () => {
      world = await makeWorld(hub.emulator);
      ({ emulator } = await startModal({ ...(await debianPackages()), hostPorts: [world.port] }));
      emulator.trustTunnels();
      // Programs that are started from here trust the tunnels, too.
      for (const name of Object.keys(emulator.env)) vi.stubEnv(name, emulator.env[name]);
      // A dollar a second.
      const price = { sandbox: 3600, gpus: { A100: 0, "A100-40GB": 0 }, cpuCore: 0, memoryGiB: 0 };
      await writeFile(join(home, "prices.json"), JSON.stringify({ modal: price }));
    });
    afterAll(() => {
      expect(emulator.sandboxes().filter(({ state }) => state !== "finished")).toEqual([]);
      vi.unstubAllEnvs();
    });
    define({ world: () => world, emulator: () => emulator, hub });
  });
}

/** A GPU makes it a sandbox of Modal's first version, which is made through other calls. */
export function placeOnModal({ gpu }: { gpu: boolean }): Place {
  return {
    title: gpu ? "with GPUs" : "without a GPU",
    machine: { backend: "modal", ...(gpu ? { gpu: "A100", gpuCount: 2 } : {}) },
    isolation: "remote",
    cutsNetwork: true,
    urls: /^https:\/\//,
    visibleGpus: "",
    hasNative: true,
    port: 8811,
  };
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HubEmulator, startHubEmulator } from "@seer/hub-emulator";
import { afterAll, beforeAll, vi } from "vitest";

export interface TestHub {
  readonly emulator: HubEmulator;
  /** Where huggingface_hub keeps what belongs to the user. */
  home: string;
  /** Begins with an empty cache. */
  useNewHome(): void;
  /** Bytes of files that the hub has sent since it was last asked. */
  bytesSent(): number;
}

/** A hub that this file's sandboxes, and nothing else, fetch from, into a cache that is gone afterwards. */
export function useHub(): TestHub {
  const homes: string[] = [];
  let emulator: HubEmulator | undefined;
  let counted = 0;
  const hub = {
    get emulator() {
      if (emulator === undefined) throw new Error("the hub is not there yet");
      return emulator;
    },
    home: "",
    useNewHome() {
      hub.home = mkdtempSync(join(tmpdir(), "seer-test-hub-"));
      homes.push(hub.home);
      vi.stubEnv("HF_HOME", hub.home);
    },
    bytesSent() {
      const requests = hub.emulator.requests();
      const bytes = requests.slice(counted).reduce((sum, request) => sum + request.bytes, 0);
      counted = requests.length;
      return bytes;
    },
  };
  beforeAll(async () => {
    emulator = await startHubEmulator();
    for (const [name, value] of Object.entries(emulator.env)) vi.stubEnv(name, value);
    for (const name of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE"]) {
      vi.stubEnv(name, undefined);
    }
    hub.useNewHome();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await emulator?.close();
    for (const home of homes) rmSync(home, { recursive: true, force: true });
  });
  return hub;
}

import { join } from "node:path";
import { emulationObstacle, startModalEmulator } from "@seer/modal-emulator";
import { afterAll, expect, test } from "vitest";

const obstacle = await emulationObstacle();
if (obstacle === undefined) {
  // Given by tests/shared-directory.ts.
  const shared = process.env.TEST_SHARED_DIRECTORY;
  const emulator = await startModalEmulator({ builtImagesDirectory: shared && join(shared, "modal-images") });
  Object.assign(process.env, emulator.env, { SEER_BACKEND: "modal" });
  emulator.trustTunnels();
  // Hooks run in the opposite order: by then the sandbox has been terminated.
  afterAll(async () => {
    const left = emulator.sandboxes().filter(({ state }) => state !== "finished");
    await emulator.close();
    expect(left).toEqual([]);
  });
  await import("./scoped-sandbox.ts");
} else {
  test.skip(`on Modal's emulator: ${obstacle}`);
}

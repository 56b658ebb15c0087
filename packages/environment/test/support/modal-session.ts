import { join } from "node:path";
import { type ModalEmulator, type ModalEmulatorOptions, startModalEmulator } from "@seer/modal-emulator";
import { afterAll } from "vitest";
import { type ModalSession, openSession } from "../../src/backends/modal/session.ts";

/**
 * An emulator of the test file's own, with a session of the real SDK. Images are built once for all files; those that
 * test building pass `builtImagesDirectory: undefined`.
 */
export async function startModal(
  options: ModalEmulatorOptions = {},
): Promise<{ emulator: ModalEmulator; session: ModalSession }> {
  const emulator = await startModalEmulator({
    builtImagesDirectory: shared && join(shared, "modal-images"),
    ...options,
  });
  Object.assign(process.env, emulator.env);
  running.push(emulator);
  return { emulator, session: await openSession() };
}

// Given by tests/shared-directory.ts of the repository.
const shared = process.env.TEST_SHARED_DIRECTORY;
const running: ModalEmulator[] = [];

afterAll(() => Promise.all(running.splice(0).map((emulator) => emulator.close())));

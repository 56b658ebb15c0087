import { type ModalEmulator, type ModalEmulatorOptions, startModalEmulator } from "@seer/modal-emulator";
import { afterAll } from "vitest";
import { type ModalSession, openSession } from "../../src/backends/modal/session.ts";

/** An emulator of the test file's own, with a session of the real SDK. */
export async function startModal(
  options: ModalEmulatorOptions = {},
): Promise<{ emulator: ModalEmulator; session: ModalSession }> {
  const emulator = await startModalEmulator(options);
  Object.assign(process.env, emulator.env);
  running.push(emulator);
  return { emulator, session: await openSession() };
}

const running: ModalEmulator[] = [];

afterAll(() => Promise.all(running.splice(0).map((emulator) => emulator.close())));

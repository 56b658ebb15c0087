import { HubEmulator, type HubEmulatorOptions } from "./hub-emulator.ts";

/** Starts a model hub on loopback, empty until repos are added. */
export function startHubEmulator(options: HubEmulatorOptions = {}): Promise<HubEmulator> {
  return HubEmulator.listen(options);
}

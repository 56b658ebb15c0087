export type { Fault, HubFaults } from "./faults.ts";
export type { HubEmulator, HubEmulatorOptions } from "./hub-emulator.ts";
export type { HubRepo, RepoAccess } from "./repos/hub-repo.ts";
export type { RepoFiles } from "./repos/read-files.ts";
export type { RecordedRequest } from "./request.ts";
export { startHubEmulator } from "./start-hub-emulator.ts";

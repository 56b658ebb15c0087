export { type BubblewrapOptions, bubblewrapArguments, type Mount } from "./bubblewrap-arguments.ts";
export { certificatePaths } from "./certificates.ts";
export { findIsolation, type Isolation } from "./find-isolation.ts";
export { type FindPythonOptions, findPython, type PythonInterpreter } from "./find-python.ts";
export type { HostIsolation } from "./host-command.ts";
export type { HostExit } from "./host-process.ts";
export { hostSourceDirectory } from "./host-source.ts";
export {
  type HostLimits,
  type HostOptions,
  type LaunchedHost,
  type LaunchOptions,
  launchHost,
} from "./launch-host.ts";
export { type PythonMounts, pythonMounts } from "./python-mounts.ts";

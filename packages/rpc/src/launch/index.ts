export { type BubblewrapOptions, bubblewrapArguments, type Mount } from "./bubblewrap-arguments.ts";
export { certificatePaths } from "./certificates.ts";
export { type CompileTarget, compileSource, compileTarget } from "./compile-source.ts";
export {
  findIsolation,
  type Isolation,
  lacksNetwork,
  type MissingWall,
  systemCallFilter,
} from "./find-isolation.ts";
export { type FindPythonOptions, findPython, type PythonInterpreter } from "./find-python.ts";
export type { HostIsolation } from "./host-command.ts";
export type { HostExit } from "./host-process.ts";
export { hostArguments, hostSourceDirectory } from "./host-source.ts";
export {
  type HostLimits,
  type HostOptions,
  type LaunchedHost,
  type LaunchOptions,
  launchHost,
} from "./launch-host.ts";
export { type LimitsInForce, limitResources } from "./limits/limit-resources.ts";
export { ChildPidFile } from "./network/child-pid.ts";
export { type ConnectNetworkOptions, connectNetwork } from "./network/connect-network.ts";
export { hostsFile } from "./network/host-addresses.ts";
export type { NetworkAccess } from "./network/network-access.ts";
export { registerServedPort } from "./network/served-ports.ts";
export { parsePort } from "./parse-port.ts";
export { type PythonMounts, pythonMounts } from "./python-mounts.ts";

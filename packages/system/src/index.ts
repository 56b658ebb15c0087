export { type Disk, explainFullDisk } from "./disk-full.ts";
export { diskUsage } from "./disk-usage.ts";
export { SystemError, type SystemErrorCode } from "./errors.ts";
export { type FileLock, type LockOptions, lockFile } from "./file-lock.ts";
export { findCommand } from "./find-command.ts";
export {
  identify,
  isAlive,
  type ProcessIdentity,
  signalProcess,
} from "./process-identity.ts";
export { failedPackage } from "./python/failed-package.ts";
export { findInterpreter } from "./python/find-interpreter.ts";
export { type IndexSettings, readIndexSettings } from "./python/index-settings.ts";
export { pipInstall } from "./python/install-packages.ts";
export { publicPipVariables } from "./python/installer-environment.ts";
export {
  type EnvironmentOptions,
  hasPythonEnvironment,
  interpreterOf,
  type PythonEnvironment,
  type PythonRequest,
  pythonEnvironment,
} from "./python/python-environment.ts";
export { removeUnfinishedEnvironments } from "./python/remove-unfinished-environments.ts";
export { installerCaches, installerCachesId, removedCaches } from "./python/run-installer.ts";
export { makeSandboxPython, type SandboxPythonOptions } from "./python/sandbox-python.ts";
export { environmentIdOf, listEnvironments, removeEnvironment } from "./python/stored-environments.ts";
export { tool, toolsDirectory } from "./python-tools.ts";
export { removeTree } from "./remove-tree.ts";
export { replaceFile } from "./replace-file.ts";
export { type BubblewrapRun, runInBubblewrap } from "./run-in-bubblewrap.ts";
export { runScript, type ScriptOptions, type ScriptResult } from "./run-script.ts";
export { runTool, type ToolOptions, type ToolResult } from "./run-tool.ts";
export { type GitAccess, gitAccess } from "./secrets/git-credentials.ts";
export { hasCredentials, type Mask, maskFor, withoutCredentials } from "./secrets/mask.ts";
export { knownSecrets, resolveSecrets } from "./secrets/resolve-secrets.ts";
export { seerHome } from "./seer-home.ts";
export { forgetLastUse, lastUseOf, noteUse, type StorageUser, usersOf } from "./uses.ts";
export { writeAtomically } from "./write-atomically.ts";

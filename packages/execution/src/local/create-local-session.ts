import { limitsConfigSchema, type Progress, parseConfig, sandboxConfigSchema } from "@seer/config";
import { findPython, type Isolation, type PythonInterpreter } from "@seer/rpc/launch";
import { interpreterOf, maskFor, pythonEnvironment, resolveSecrets } from "@seer/system";
import { Workspace } from "@seer/workspace";
import { z } from "zod";
import { openSessionEndpoint, type ServedSession } from "../mcp/session-server.ts";
import { CellRunner } from "../run/cell-runner.ts";
import { checkDirectory } from "./check-directory.ts";
import { chooseIsolation } from "./choose-isolation.ts";
import { LocalSession } from "./local-session.ts";
import { WorkerKernel } from "./worker-kernel.ts";
import { WorkspaceDirectory } from "./workspace-directory.ts";

const { env, pythonPackages, secrets } = sandboxConfigSchema.shape;
const fields = z.strictObject({
  /** The working directory of the code; created if it does not exist. */
  workspaceDir: z.string().min(1),
  /** Name of the session's MCP server. */
  name: z.string().regex(/^[A-Za-z0-9_-]+$/, "expected letters, digits, `_` and `-`"),
  /** The Python interpreter. @default `$SEER_PYTHON`, otherwise `python3` */
  python: z.string().min(1).optional(),
  /**
   * pip requirements. If there are any, the code runs in an environment with only these packages, which is built once and
   * shared by all sessions and sandboxes with the same requirements.
   */
  pythonPackages,
  /** Environment variables. The process inherits no others, except paths and locale settings. */
  env,
  /**
   * Names of environment variables to pass on, with values from this process's environment or `.env`. In results and
   * reports, the values are replaced by `<NAME>`.
   */
  secrets,
  /**
   * Whether to isolate the process with bubblewrap: `"auto"` does if bubblewrap works, `"bubblewrap"` fails if it does
   * not work.
   */
  isolate: z.enum(["auto", "bubblewrap", "none"]).default("auto"),
  /** Whether the code can use this machine's GPUs. */
  gpu: z.boolean().default(false),
  /** Resource limits. */
  limits: limitsConfigSchema.default({}),
});

const optionsSchema = fields.superRefine(({ secrets, env }, context) => {
  for (const name of secrets.filter((secret) => secret in env)) {
    const message = `${name} is in both \`secrets\` and \`env\`: keep it in one of them`;
    context.addIssue({ code: "custom", path: ["secrets"], message });
  }
});

export interface LocalSessionOptions extends z.input<typeof optionsSchema> {
  /** The workspace to install. */
  workspace?: Workspace | undefined;
  /** Cancels the start. */
  signal?: AbortSignal | undefined;
  onProgress?: Progress | undefined;
}

/**
 * Starts a local session: installs the workspace in a directory, and starts a Python process there.
 *
 * @throws SeerError `config/invalid`, `workspace/…`, `environment/secret-missing`, `environment/package-install-failed`,
 * `rpc/no-python`, `rpc/host-failed`, or ExecutionError `execution/setup-failed`
 * @example
 * await using session = await createLocalSession({ workspaceDir: "./workspace", name: "example" });
 * const { result } = await session.exec("6 * 7");
 */
export async function createLocalSession(options: LocalSessionOptions): Promise<LocalSession> {
  const { workspace = new Workspace(), signal, onProgress: report, ...settings } = options;
  const config = parseConfig("LocalSession", optionsSchema, settings);
  const { name, workspaceDir, isolate, gpu, limits } = config;
  signal?.throwIfAborted();

  const secrets = await resolveSecrets(config.secrets);
  const mask = maskFor(secrets);
  const onProgress = report && ((message: string) => report(mask(message)));
  const env = { ...config.env, ...secrets };
  const directory = await WorkspaceDirectory.open(workspaceDir);
  const isolation = await chooseIsolation(isolate, onProgress);
  if (isolation.kind === "bubblewrap") await checkDirectory(directory.path, config.python);
  const python = await findSessionPython(config, { onProgress, signal, isolation });
  const { libraryDir } = directory;
  const startKernel = (starting: AbortSignal) => {
    const how =
      isolation.kind === "none" ? `without isolation (${isolation.reason})` : `in ${isolation.kind}`;
    onProgress?.(`starting Python in ${directory.path}, ${how}`);
    const start = { name, workspaceDir: directory.path, libraryDir, python, env, isolation, gpu, limits };
    return WorkerKernel.start({ ...start, secrets: Object.values(secrets), signal: starting });
  };
  const runner = new CellRunner(startKernel, mask);
  const served: ServedSession = {
    name,
    workspaceDir: directory.path,
    mask,
    get libraries() {
      return directory.libraries;
    },
    get libraryDocs() {
      return directory.libraryDocs;
    },
    exec: (code, cellOptions) => runner.run(code, "", cellOptions),
    restart: () => runner.restart(),
    saveOutput: (text) => directory.saveOutput(text),
  };
  const endpoint = await openSessionEndpoint(served);
  const session = new LocalSession({ name, directory, isolation, runner, endpoint });
  try {
    await session.setup(workspace, { signal });
    return session;
  } catch (error) {
    await session.terminate();
    throw error;
  }
}

/** Returns the session's interpreter: the environment's if there are `pythonPackages`, otherwise the configured one. */
async function findSessionPython(
  { python, pythonPackages }: z.output<typeof fields>,
  {
    onProgress = () => {},
    signal,
    isolation,
  }: { onProgress?: Progress | undefined; signal: AbortSignal | undefined; isolation: Isolation },
): Promise<PythonInterpreter> {
  if (pythonPackages.length === 0) return await findPython({ python, signal });
  const request = { python, packages: pythonPackages };
  return interpreterOf(await pythonEnvironment(request, { onProgress, signal, isolation }));
}

import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { SeerError } from "./errors.ts";
import { modelConfigSchema } from "./model-config.ts";
import { environmentVariables, isLocalModel, localModelPath, modelName, modelPathVariable } from "./names.ts";
import { parseConfig } from "./parse.ts";
import { repoConfigSchema } from "./repo-config.ts";

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected the name of an environment variable");
const packageName = z
  .string()
  // A leading dash would be read as an option of the installer.
  .regex(/^[^\s-][^\n]*$/, "expected a package requirement such as `torch` or `transformers==4.36.0`");
const pathPair = z.tuple([z.string().min(1), z.string().min(1)]);

export const backendSchema = z.enum(["local", "modal"]);
export const executionModeSchema = z.enum(["notebook", "cli"]);

export const idleConfigSchema = z.strictObject({
  /** How long without a call before the sandbox stops, in milliseconds. */
  afterMs: z.int().min(1000),
  /** What stopping means: `snapshot` keeps the file system for the next start. */
  action: z.enum(["stop", "snapshot"]).default("stop"),
});

export const sandboxConfigSchema = z
  .strictObject({
    backend: backendSchema.optional(),
    /** `"H100"`, `"A100-80GB"`, `"A100-40GB"`, `"A10G"`, `"L4"`, `"T4"`; null for CPU only. */
    gpu: z.string().min(1).nullable().default(null),
    gpuCount: z.int().min(1).max(8).default(1),
    executionMode: executionModeSchema.default("notebook"),
    models: z.array(modelConfigSchema).default([]),
    /** `"3.12"`; the backend's own default when absent. */
    pythonVersion: z
      .string()
      .regex(/^3\.\d{1,2}(\.\d{1,2})?$/, { error: "expected a Python version such as `3.12`", abort: true })
      .refine((version) => Number(version.split(".")[1]) >= 10, "sandboxes need Python 3.10 or newer")
      .optional(),
    /** pip requirements. */
    pythonPackages: z.array(packageName).default([]),
    /** Debian packages. */
    systemPackages: z
      .array(
        z.string().regex(/^[a-z0-9][a-z0-9+.-]*(=[A-Za-z0-9.+:~-]+)?$/, "expected a Debian package name"),
      )
      .default([]),
    /** Names of environment variables whose values go into the sandbox, from the environment or `.env`. */
    secrets: z.array(variableName).default([]),
    repos: z.array(repoConfigSchema).default([]),
    env: z.record(variableName, z.string()).default({}),
    /** How long the sandbox may live, in milliseconds. */
    timeoutMs: z.int().min(1000).default(3_600_000),
    /** Pairs of a local file and its path in the sandbox. */
    localFiles: z.array(pathPair).default([]),
    /** Pairs of a local directory and its path in the sandbox. */
    localDirs: z.array(pathPair).default([]),
    /** Starts code-server. */
    debug: z.boolean().default(false),
    /** Lets the sandbox build and run containers. */
    dockerInDocker: z.boolean().default(false),
    /** Whether what runs in the sandbox can reach the network; a served interface can be called in any case. */
    egress: z.boolean().default(true),
    idle: idleConfigSchema.optional(),
    /** What the sandbox may cost, in US dollars; it ends when that is spent. */
    budgetUsd: z.number().positive().optional(),
  })
  .superRefine((config, context) => {
    const problem = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    if (config.gpu === null && config.gpuCount > 1) {
      problem(
        ["gpuCount"],
        `${config.gpuCount} GPUs of no kind: name one with \`gpu\`, or remove \`gpuCount\``,
      );
    }
    const variables = new Map<string, string>();
    const pathVariables = new Map<string, string>();
    config.models.forEach((model, index) => {
      const twin = variables.get(model.varName);
      if (twin !== undefined) {
        problem(
          ["models", index, "varName"],
          `${model.name} and ${twin} are both called \`${model.varName}\`: give each its own \`varName\``,
        );
      }
      variables.set(model.varName, model.name);
      const variable = modelPathVariable(modelName(model));
      const collision = pathVariables.get(variable);
      if (collision !== undefined && twin === undefined) {
        problem(
          ["models", index, "name"],
          `${model.name} and ${collision} would both be found through ${variable}: rename one directory, or remove one`,
        );
      }
      pathVariables.set(variable, model.name);
    });
    for (const secret of config.secrets) {
      if (secret in config.env) {
        problem(["secrets"], `${secret} is in both \`secrets\` and \`env\`: keep it in one of them`);
      }
    }
  });

export type Backend = z.output<typeof backendSchema>;
export type ExecutionMode = z.output<typeof executionModeSchema>;
export type IdleConfig = z.output<typeof idleConfigSchema>;
/** What a sandbox is made of, as it is written. */
export type SandboxConfigInput = z.input<typeof sandboxConfigSchema>;
/** What a sandbox is made of, with defaults filled in and the backend decided. */
export type SandboxConfig = z.output<typeof sandboxConfigSchema> & { backend: Backend };

/**
 * Checks a sandbox's configuration and fills in its defaults.
 *
 * @throws SeerError `config/invalid`, which names every wrong key and its remedy.
 */
export function parseSandboxConfig(input: SandboxConfigInput = {}): SandboxConfig {
  const config = parseConfig("SandboxConfig", sandboxConfigSchema, input);
  const backend = config.backend ?? defaultBackend();
  const budgetUsd = lowerBudget(config.budgetUsd);
  return { ...config, backend, ...(budgetUsd === undefined ? {} : { budgetUsd }) };
}

/** The environment can lower what a sandbox may cost, and cannot raise it. */
function lowerBudget(configured: number | undefined): number | undefined {
  const value = process.env[environmentVariables.budgetUsd];
  if (value === undefined || value === "") return configured;
  const most = parseConfig(environmentVariables.budgetUsd, z.coerce.number().positive(), value);
  return Math.min(most, configured ?? most);
}

function defaultBackend(): Backend {
  const value = process.env[environmentVariables.backend];
  if (value === undefined || value === "") return "local";
  return parseConfig(environmentVariables.backend, backendSchema, value);
}

/**
 * Reads a sandbox's configuration from a JSON file; local paths in it are relative to that file.
 *
 * @throws SeerError `config/unreadable` or `config/invalid`
 */
export async function readSandboxConfig(file: string): Promise<SandboxConfigInput> {
  let input: unknown;
  try {
    input = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    const reason =
      cause instanceof SyntaxError
        ? `is not JSON: ${cause.message}`
        : `cannot be read: ${(cause as Error).message}`;
    throw new SeerError("config/unreadable", `The configuration ${file} ${reason}`, { cause });
  }
  const config = parseConfig(file, sandboxConfigSchema, input);
  const from = dirname(resolve(file));
  const absolute = ([local, inside]: [string, string]): [string, string] => [resolve(from, local), inside];
  const absoluteModel = (name: string) => (isLocalModel(name) ? localModelPath(name, from) : name);
  return {
    ...config,
    models: config.models.map((model) => ({
      ...model,
      name: absoluteModel(model.name),
      baseModel: model.baseModel === undefined ? undefined : absoluteModel(model.baseModel),
    })),
    localFiles: config.localFiles.map(absolute),
    localDirs: config.localDirs.map(absolute),
  };
}

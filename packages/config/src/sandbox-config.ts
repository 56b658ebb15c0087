import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { egressConfigSchema } from "./egress-config.ts";
import { SeerError } from "./errors.ts";
import { limitsConfigSchema } from "./limits-config.ts";
import { modelConfigSchema, withAbsolutePaths } from "./model-config.ts";
import { environmentVariables, modelName, modelPathVariable } from "./names.ts";
import { parseConfig } from "./parse.ts";
import { repoConfigSchema } from "./repo-config.ts";
import { systemText, variableValue } from "./system-text.ts";

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected the name of an environment variable");
const packageName = z
  .string()
  // The installer would parse a leading dash as an option.
  .regex(/^[^\s-][^\n\0]*$/, "expected a package requirement such as `torch` or `transformers==4.36.0`");
const filePath = systemText.min(1);
const pathPair = z.tuple([filePath, filePath]);

export const backendSchema = z.enum(["local", "modal"]);
export const executionModeSchema = z.enum(["notebook", "cli"]);

export const idleConfigSchema = z.strictObject({
  /** The sandbox stops after this time without use, in milliseconds. */
  afterMs: z.int().min(1000),
  /** `snapshot` keeps the file system for the next start. */
  action: z.enum(["stop", "snapshot"]).default("stop"),
});

export const sandboxConfigSchema = z
  .strictObject({
    backend: backendSchema.optional(),
    /** Such as `"H100"`, `"A100-80GB"`, `"A100-40GB"`, `"A10G"`, `"L4"` or `"T4"`; null for CPU only. */
    gpu: z.string().min(1).nullable().default(null),
    gpuCount: z.int().min(1).max(8).default(1),
    executionMode: executionModeSchema.default("notebook"),
    models: z.array(modelConfigSchema).default([]),
    /** Such as `"3.12"`; the default depends on the backend. */
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
    /** Names of environment variables to pass to the sandbox, with values from the environment or `.env`. */
    secrets: z.array(variableName).default([]),
    repos: z.array(repoConfigSchema).default([]),
    env: z.record(variableName, variableValue).default({}),
    /** Maximum lifetime of the sandbox, in milliseconds. @default one hour on Modal, no limit locally */
    timeoutMs: z.int().min(1000).optional(),
    /** Pairs of a local file and its path in the sandbox. */
    localFiles: z.array(pathPair).default([]),
    /** Pairs of a local directory and its path in the sandbox. */
    localDirs: z.array(pathPair).default([]),
    /** Starts code-server. */
    debug: z.boolean().default(false),
    /** Makes a Docker engine available in the sandbox. */
    dockerInDocker: z.boolean().default(false),
    /** Which hosts code in the sandbox can connect to. Served interfaces can be called in any case. */
    egress: egressConfigSchema.default(true),
    /** Resource limits on the local backend. */
    limits: limitsConfigSchema.default({}),
    idle: idleConfigSchema.optional(),
    /** Maximum cost in US dollars; the sandbox ends when it is reached. */
    budgetUsd: z.number().positive().optional(),
  })
  .superRefine((config, context) => {
    const problem = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    if (config.gpu === null && config.gpuCount > 1) {
      problem(
        ["gpuCount"],
        `\`gpuCount\` is ${config.gpuCount}, but \`gpu\` is not set: set \`gpu\` to a kind of GPU, or remove \`gpuCount\``,
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
          `${model.name} and ${collision} would have the same environment variable ${variable}: rename one directory, or remove one model`,
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
/** The configuration of a sandbox, before parsing. */
export type SandboxConfigInput = z.input<typeof sandboxConfigSchema>;
/** The configuration of a sandbox, parsed, with defaults and the chosen backend. */
export type SandboxConfig = z.output<typeof sandboxConfigSchema> & { backend: Backend };

/**
 * Validates a sandbox's configuration and adds defaults.
 *
 * @throws SeerError `config/invalid`, which names every wrong key and its remedy.
 */
export function parseSandboxConfig(input: SandboxConfigInput = {}): SandboxConfig {
  const config = parseConfig("SandboxConfig", sandboxConfigSchema, input);
  const backend = config.backend ?? defaultBackend();
  const budgetUsd = lowerBudget(config.budgetUsd);
  const timeoutMs = config.timeoutMs ?? defaultTimeoutMs[backend];
  return {
    ...config,
    backend,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(budgetUsd === undefined ? {} : { budgetUsd }),
  };
}

/** Modal has a limit because a forgotten sandbox there costs money. */
const defaultTimeoutMs: Readonly<Record<Backend, number | undefined>> = {
  local: undefined,
  modal: 3_600_000,
};

/** The environment variable can lower the budget but not raise it. */
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
 * Reads a sandbox's configuration from a JSON file. Local paths in it are relative to that file.
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
  return {
    ...config,
    models: config.models.map((model) => withAbsolutePaths(model, from)),
    localFiles: config.localFiles.map(absolute),
    localDirs: config.localDirs.map(absolute),
  };
}

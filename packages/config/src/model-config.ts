import { z } from "zod";
import { isLocalModel, localModelPath } from "./names.ts";
import { systemText } from "./system-text.ts";

const pythonIdentifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const modelConfigSchema = z
  .strictObject({
    /** Hub id such as `google/gemma-2-9b`, or a local directory with the weights. */
    name: z
      .string()
      .min(1, "expected a hub id such as `google/gemma-2-9b`, or a local directory")
      // The name is used in paths, variables and generated code.
      .regex(
        /^[^\p{Cc}'"`$\\]+$/u,
        "expected a hub id or a local directory, without quotes or control characters",
      ),
    /** Name of the variable that holds the model in a notebook. */
    varName: z.string().regex(pythonIdentifier, "expected a Python identifier").default("model"),
    /** Hides the model's identity from the agent. */
    hidden: z.boolean().default(false),
    /** The model is a PEFT adapter. */
    isPeft: z.boolean().default(false),
    /** Hub id or directory of the adapter's base. @default the base in the adapter's `adapter_config.json` */
    baseModel: systemText.min(1).optional(),
    /** Commit, tag or branch on the hub. */
    revision: systemText.min(1).optional(),
    /** A local directory with the weights of `name`, used instead of downloading them from the hub. */
    path: systemText.min(1).optional(),
    /**
     * Load the model as a `PeftModel`: an adapter is not merged into its base, and a model without an adapter gets an
     * empty one.
     */
    loadAsPeft: z.boolean().default(false),
  })
  .superRefine((model, context) => {
    if (!model.isPeft && model.baseModel !== undefined) {
      context.addIssue({
        code: "custom",
        path: ["baseModel"],
        message: `\`baseModel\` (${model.baseModel}) is for PEFT adapters: add \`isPeft: true\`, or remove \`baseModel\``,
      });
    }
    if (model.path !== undefined && isLocalModel(model.name)) {
      context.addIssue({
        code: "custom",
        path: ["path"],
        message: `\`name\` (${model.name}) is already a directory: change \`name\` to the hub id of the weights in \`path\`, or remove \`path\``,
      });
    }
    if (model.path !== undefined && model.revision !== undefined) {
      context.addIssue({
        code: "custom",
        path: ["path"],
        message: `\`revision\` (${model.revision}) has no effect, because \`path\` replaces the download from the hub: remove one of them`,
      });
    }
  });

/** A model for a sandbox, before parsing. */
export type ModelConfigInput = z.input<typeof modelConfigSchema>;
/** A model for a sandbox, parsed, with defaults. */
export type ModelConfig = z.output<typeof modelConfigSchema>;

/** Returns the model with absolute paths for its local directories, which are relative to `from`. */
export function withAbsolutePaths<Model extends Pick<ModelConfigInput, "name" | "path" | "baseModel">>(
  model: Model,
  from?: string,
): Model {
  const { name, path, baseModel } = model;
  const absolute = (nameOrPath: string) =>
    isLocalModel(nameOrPath) ? localModelPath(nameOrPath, from) : nameOrPath;
  return {
    ...model,
    name: absolute(name),
    ...(path === undefined ? {} : { path: localModelPath(path, from) }),
    ...(baseModel === undefined ? {} : { baseModel: absolute(baseModel) }),
  };
}

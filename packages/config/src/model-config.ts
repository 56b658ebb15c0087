import { z } from "zod";

const pythonIdentifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const modelConfigSchema = z
  .strictObject({
    /** Hub id such as `google/gemma-2-9b`, or a local directory with the weights. */
    name: z
      .string()
      .min(1, "expected a hub id such as `google/gemma-2-9b`, or a local directory")
      // A model's name ends up in paths, variables and generated code.
      .regex(
        /^[^\p{Cc}'"`$\\]+$/u,
        "expected a hub id or a local directory, without quotes or control characters",
      ),
    /** Name of the variable that holds the model in a notebook. */
    varName: z.string().regex(pythonIdentifier, "expected a Python identifier").default("model"),
    /** Hides from the agent which model this is. */
    hidden: z.boolean().default(false),
    /** The model is a PEFT adapter. */
    isPeft: z.boolean().default(false),
    /** Hub id or directory of the adapter's base; read from the adapter's own config when absent. */
    baseModel: z.string().min(1).optional(),
    /** Commit, tag or branch on the hub. */
    revision: z.string().min(1).optional(),
    /** Keep the adapter as a `PeftModel` instead of merging it into its base. */
    loadAsPeft: z.boolean().default(false),
  })
  .superRefine((model, context) => {
    if (!model.isPeft && model.baseModel !== undefined) {
      context.addIssue({
        code: "custom",
        path: ["baseModel"],
        message: `\`baseModel\` (${model.baseModel}) is for PEFT adapters: add \`isPeft: true\` or remove it`,
      });
    }
    if (!model.isPeft && model.loadAsPeft) {
      context.addIssue({
        code: "custom",
        path: ["loadAsPeft"],
        message: "`loadAsPeft` is for PEFT adapters: add `isPeft: true` or remove it",
      });
    }
  });

/** A model for a sandbox, as it is written. */
export type ModelConfigInput = z.input<typeof modelConfigSchema>;
/** A model for a sandbox, with defaults filled in. */
export type ModelConfig = z.output<typeof modelConfigSchema>;

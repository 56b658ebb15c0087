import { fileURLToPath } from "node:url";
import type { SandboxConfigInput } from "@seer/config";

export const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const example = (name: string) =>
  fileURLToPath(new URL(`../../examples/scoped-sandbox-intro/${name}`, import.meta.url));

/** The guides' `google/gemma-2-9b` on an A100, as what a machine without a GPU or a model hub can run. */
export const modelConfig = {
  models: [{ name: example("model/induction-2l") }],
  pythonPackages: ["numpy", "safetensors"],
  localFiles: [[example("transformer.py"), "/workspace/transformer.py"]],
} satisfies SandboxConfigInput;

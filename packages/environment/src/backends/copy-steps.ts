import type { BackendStartOptions, Machine } from "./backend.ts";
import type { StepHandlers } from "./carry-out.ts";
import { uploadDirectory, uploadFile } from "./upload.ts";

/** Copies what a plan takes from the researcher's machine, which is the same wherever the machine is. */
export function copySteps(context: {
  readonly machine: Machine;
  readonly options: BackendStartOptions;
}): Pick<StepHandlers, "directory" | "file"> {
  const { onProgress, signal } = context.options;
  return {
    directory: async ({ from, to }) => {
      onProgress(`Copying ${from} to ${to}`);
      await uploadDirectory(context.machine, from, to, signal);
    },
    file: async ({ from, to }) => {
      onProgress(`Copying ${from} to ${to}`);
      await uploadFile(context.machine, from, to);
    },
  };
}

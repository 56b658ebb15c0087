import type { BackendStartOptions } from "./backend.ts";
import type { StepHandlers } from "./execute-plan.ts";
import type { SandboxInstance } from "./sandbox-instance.ts";
import { uploadDirectory, uploadFile } from "./upload.ts";

/** Handlers for the steps that copy from the researcher's machine, which are the same on all backends. */
export function copySteps(context: {
  readonly instance: SandboxInstance;
  readonly options: BackendStartOptions;
}): Pick<StepHandlers, "directory" | "file"> {
  const { onProgress, signal } = context.options;
  return {
    directory: async ({ from, to }) => {
      onProgress(`Copying ${from} to ${to}`);
      await uploadDirectory(context.instance, from, to, signal);
    },
    file: async ({ from, to }) => {
      onProgress(`Copying ${from} to ${to}`);
      await uploadFile(context.instance, from, to);
    },
  };
}

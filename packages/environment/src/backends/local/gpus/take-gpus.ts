import { join } from "node:path";
import { findPython } from "@seer/rpc/launch";
import type { GpuStep } from "../../../plan/plan.ts";
import { lockFile } from "../../../this-machine/file-lock.ts";
import { startingRecord } from "../boot-machine.ts";
import { sandboxesDirectory } from "../home.ts";
import { writeRecord } from "../record.ts";
import type { StartContext } from "../start-context.ts";
import { chooseGpus } from "./choose-gpus.ts";

/** Gives a sandbox GPUs of its own, and records it before another one may choose. */
export async function takeGpus(step: GpuStep, context: StartContext): Promise<void> {
  const { onProgress, signal } = context.options;
  await using _choosing = await lockFile(join(sandboxesDirectory(), ".gpus.lock"), {
    python: (await findPython({ signal })).executable,
    signal,
    onWait: () => {},
  });
  context.gpus = await chooseGpus(step, onProgress);
  await writeRecord(startingRecord(context));
}

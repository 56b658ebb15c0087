import { EnvironmentError } from "../../errors.ts";
import { seerHome } from "../../seer-home.ts";

const full = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/;

/** The error for what failed because a disk is full, whoever noticed; any other error is returned as it is. */
export function explainFullDisk(error: unknown): unknown {
  if (!(error instanceof Error) || !full.test(error.message)) return error;
  return new EnvironmentError(
    "environment/disk-full",
    `There is no space left in ${seerHome()}: ${error.message}`,
    {
      hint: "Free some space, for example with `seer snapshots rm`, or name another disk in SEER_HOME.",
      cause: error,
    },
  );
}

import { EnvironmentError } from "../errors.ts";

const full = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/;

export interface Disk {
  readonly name: string;
  /** How to get room on it. */
  readonly hint: string;
}

/** The error for what failed because a disk is full, whoever noticed; any other error is returned as it is. */
export function explainFullDisk(error: unknown, { name, hint }: Disk): unknown {
  if (!(error instanceof Error) || !full.test(error.message)) return error;
  return new EnvironmentError(
    "environment/disk-full",
    `There is no space left in ${name}: ${error.message}`,
    {
      hint,
      cause: error,
    },
  );
}

import { SystemError } from "./errors.ts";

const diskFullPattern = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/;

export interface Disk {
  readonly name: string;
  /** How to free space on it. */
  readonly hint: string;
}

/** Turns an error caused by a full disk into `environment/disk-full`; returns any other error unchanged. */
export function explainFullDisk(error: unknown, { name, hint }: Disk): unknown {
  if (!(error instanceof Error) || !diskFullPattern.test(error.message)) return error;
  if (SystemError.isInstance(error) && error.code === "environment/disk-full") return error;
  return new SystemError("environment/disk-full", `No space left in ${name}: ${error.message}`, {
    hint,
    cause: error,
  });
}

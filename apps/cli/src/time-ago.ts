import { CliError } from "./errors.ts";

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** The time before now by the duration in an option, such as `12h` or `7d`. */
export function timeAgo(option: string, text: string): Date {
  const found = /^(\d+)([mhdw])$/.exec(text);
  const unit = found?.[2] as keyof typeof unitMs | undefined;
  if (unit !== undefined) return new Date(Date.now() - Number(found?.[1]) * unitMs[unit]);
  throw new CliError("cli/usage", `${option} must be a time such as 12h, 7d or 4w, got ${text}`);
}

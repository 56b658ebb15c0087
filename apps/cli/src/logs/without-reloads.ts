import type { LogLine } from "@seer/environment";

const reload = /^(reloading |loaded |the edited file did not load)/;

/** Omits log lines about reloads, which the terminal reports itself. */
export function withoutReloads(onLine: (line: LogLine) => void): (line: LogLine) => void {
  let isOmitted = false;
  return (line) => {
    // The indented lines after it are its traceback.
    isOmitted =
      line.source === "host" && (reload.test(line.text) || (isOmitted && line.text.startsWith("  ")));
    if (!isOmitted) onLine(line);
  };
}

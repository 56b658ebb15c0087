import { pythonSourceDirectory } from "@seer/config";

/** The directory with the Python packages `seer_init` and `seer_services`, which run in sandboxes. */
export function pythonSource(): string {
  return pythonSourceDirectory(import.meta.url, "seer_init");
}

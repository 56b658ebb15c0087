import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { RpcError } from "../errors.ts";

/** The directory to put on `PYTHONPATH` so that `python -m seer_host` finds the host. */
export function hostSourceDirectory(): string {
  // This file is bundled into `dist`, at a depth that is the bundler's business.
  const here = dirname(fileURLToPath(import.meta.url));
  for (let directory = here; ; directory = dirname(directory)) {
    const source = join(directory, "python", "src");
    if (existsSync(join(source, "seer_host", "__init__.py"))) return source;
    if (directory === dirname(directory)) break;
  }
  throw new RpcError(
    "rpc/host-failed",
    `The Python host is missing from the installation of @seer/rpc at ${here}`,
    {
      hint: "Install @seer/rpc again, without filtering its files.",
    },
  );
}

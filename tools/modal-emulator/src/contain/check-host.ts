import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBaseSkeleton } from "./base-skeleton.ts";
import { collectOutput } from "./collect-output.ts";
import { launch } from "./launch.ts";
import { createRootfs, removeRootfs } from "./rootfs.ts";

let found: Promise<string | undefined> | undefined;

/** Why this machine cannot isolate sandboxes; undefined if it can. Checked once. */
export function emulationObstacle(): Promise<string | undefined> {
  found ??= tryIsolation();
  return found;
}

async function tryIsolation(): Promise<string | undefined> {
  const directory = await mkdtemp(join(tmpdir(), "modal-emulator-check-"));
  try {
    const base = join(directory, "base");
    await createBaseSkeleton(base);
    const rootfs = await createRootfs(join(directory, "root"), [base]);
    const child = launch({
      rootfs,
      mounts: [],
      command: ["true"],
      cwd: "/",
      env: { PATH: process.env.PATH ?? "" },
      network: "own",
      hostname: "modal",
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { output, code } = await collectOutput(child);
    return code === 0 ? undefined : explain(output.trim() || `exit code ${code}`);
  } catch (error) {
    return explain((error as Error).message);
  } finally {
    await removeRootfs(join(directory, "root"));
    await removeRootfs(directory);
  }
}

function explain(reason: string): string {
  return (
    `The Modal emulator cannot run on this machine: ${reason}\n` +
    "It needs Linux 5.11 or newer with bubblewrap (`apt-get install bubblewrap`), user namespaces that may mount " +
    "overlayfs, and a temporary directory on a file system that overlayfs can write to."
  );
}

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBaseSkeleton } from "../images/base-skeleton.ts";
import { collectOutput } from "./collect-output.ts";
import { launch } from "./launch.ts";
import { createRootfs, removeRootfs } from "./rootfs.ts";

let checked: Promise<void> | undefined;

/** Throws unless this machine can isolate sandboxes; asks it once. */
export function checkHost(): Promise<void> {
  checked ??= tryIsolation();
  return checked;
}

async function tryIsolation(): Promise<void> {
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
    if (code !== 0) throw new Error(output.trim() || `exit code ${code}`);
  } catch (error) {
    throw new Error(
      `The Modal emulator cannot run on this machine: ${(error as Error).message}\n` +
        "It needs Linux 5.11 or newer with bubblewrap (`apt-get install bubblewrap`), user namespaces that may mount " +
        "overlayfs, and a temporary directory on a file system that overlayfs can write to.",
      { cause: error },
    );
  } finally {
    await removeRootfs(join(directory, "root"));
    await removeRootfs(directory);
  }
}

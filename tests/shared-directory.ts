import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Where test files keep for each other what takes long to build and never changes: images for one run, and Python
 * environments for later runs too.
 */
export async function setup(): Promise<() => Promise<void>> {
  process.env.TEST_ENVIRONMENTS_DIRECTORY = await environmentsDirectory();
  const directory = await mkdtemp(join(tmpdir(), "seer-tests-"));
  process.env.TEST_SHARED_DIRECTORY = directory;
  return () => rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

/** Outside the clone, and new each week, so that new versions of packages are tried. Removing it only costs time. */
async function environmentsDirectory(): Promise<string> {
  const all = join(homedir(), ".cache", "seer-tests");
  const week = Math.floor(Date.now() / (7 * 86_400_000));
  const directory = join(all, `${week}`, "environments");
  await mkdir(directory, { recursive: true });
  for (const name of await readdir(all)) {
    // Another run may still use last week's.
    if (Number(name) < week - 1) await rm(join(all, name), { recursive: true, force: true });
  }
  return directory;
}

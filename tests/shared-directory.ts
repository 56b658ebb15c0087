import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where test files of one run keep for each other what takes long to make and never changes, such as images. */
export async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), "seer-tests-"));
  process.env.TEST_SHARED_DIRECTORY = directory;
  return () => rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

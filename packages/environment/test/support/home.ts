import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findIsolation } from "@seer/rpc/launch";
import { afterAll } from "vitest";

/** Both kinds of isolation where bubblewrap works, else the one that there is. */
export const isolations =
  (await findIsolation()).kind === "bubblewrap" ? (["bubblewrap", "none"] as const) : (["none"] as const);

/**
 * Gives a test file a home of its own for what Seer keeps. Files that share environments have those built once for all
 * of them and for later runs; a file that tests how environments are built or removed has its own.
 */
export function useOwnHome({ sharesEnvironments = false } = {}): string {
  const home = mkdtempSync(join(tmpdir(), "seer-test-"));
  // Given by tests/shared-directory.ts of the repository.
  const shared = process.env.TEST_ENVIRONMENTS_DIRECTORY;
  if (shared !== undefined && sharesEnvironments) symlinkSync(shared, join(home, "environments"));
  const before = process.env.SEER_HOME;
  process.env.SEER_HOME = home;
  afterAll(() => {
    if (before === undefined) delete process.env.SEER_HOME;
    else process.env.SEER_HOME = before;
    rmSync(home, { recursive: true, force: true });
  });
  return home;
}

/** A directory that is gone after the tests of the file. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "seer-test-"));
  temporary.push(directory);
  return directory;
}

const temporary: string[] = [];

// Registered here and not by each call: one that comes from inside a test would be too late.
afterAll(() => {
  for (const directory of temporary.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** The error that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { code: string; hint?: string }> {
  return await promise.then(
    () => Promise.reject(new Error("it did not reject")),
    (error: Error & { code: string; hint?: string }) => error,
  );
}

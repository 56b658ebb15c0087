import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createLocalSession, type LocalSession, type LocalSessionOptions } from "../../src/index.ts";

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "seer-execution-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A session for one test, in a directory of its own. */
export async function startSession(options: Partial<LocalSessionOptions> = {}): Promise<LocalSession> {
  const workspaceDir = options.workspaceDir ?? (await temporaryDirectory());
  const session = await createLocalSession({ name: "test", ...options, workspaceDir });
  onTestFinished(() => session.terminate());
  return session;
}

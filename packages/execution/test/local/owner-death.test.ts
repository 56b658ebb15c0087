import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "./session-fixture.ts";

test.runIf(process.platform === "linux").each([
  ["SIGINT", "auto"],
  ["SIGTERM", "auto"],
  ["SIGKILL", "auto"],
  ["SIGKILL", "none"],
] as const)("nothing is left after %s of the owner (isolate: %s)", async (signal, isolate) => {
  const workspaceDir = await temporaryDirectory();
  const owner = await startOwner(workspaceDir, isolate);
  await expect.poll(() => processesOf(workspaceDir).length).toBeGreaterThanOrEqual(3);
  owner.kill(signal);
  await once(owner, "exit");
  await expect.poll(() => processesOf(workspaceDir)).toEqual([]);
});

async function startOwner(workspaceDir: string, isolate: string): Promise<ChildProcess> {
  const program = fileURLToPath(import.meta.resolve("./owner.fixture.ts"));
  const owner = spawn(process.execPath, [program, workspaceDir, isolate], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void owner.kill("SIGKILL"));
  const [said] = await once(owner.stdout, "data");
  expect(String(said)).toBe("running\n");
  return owner;
}

/** Commands of the processes that have the session's directory in their environment, as all of a session's do. */
function processesOf(workspaceDir: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(workspaceDir)) return [];
        return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

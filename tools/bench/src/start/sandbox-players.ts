import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endChild, track } from "../processes/children.ts";
import type { PythonEnvironment } from "../processes/python-environment.ts";
import type { SandboxesRow } from "../rows/rows.ts";
import type { Player } from "../rows/run-row.ts";

const program = fileURLToPath(new URL("start-sandboxes.ts", import.meta.url));

/** One sandbox, which is the limit, and ten of them at once. */
export function sandboxPlayers({ directory }: PythonEnvironment): Player<SandboxesRow>[] {
  process.env.SEER_HOME ??= join(directory, "seer-home");
  return [player("one sandbox", 1), player("ten at once", 10)];
}

function player(contestant: string, count: number): Player<SandboxesRow> {
  return {
    contestant,
    language: "TypeScript",
    prepare: async ({ program }) => {
      const take = program === "new" ? inNewProgram : inThisProgram;
      return async () => [await take(count)];
    },
  };
}

async function inThisProgram(count: number): Promise<number> {
  const { startSandboxes } = await import("./sandboxes.ts");
  const started = performance.now();
  await using _sandboxes = await startSandboxes(count);
  return performance.now() - started;
}

async function inNewProgram(count: number): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, [program, String(count)], { stdio: ["pipe", "pipe", "inherit"] });
  track(child);
  try {
    for await (const _line of child.stdout) return performance.now() - started;
    throw new Error("the program ended without output");
  } finally {
    await endChild(child);
  }
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalSession } from "@seer/execution";
import { expect, test } from "vitest";
import { record } from "./helpers/run.ts";

test("an agent computes in a session, and its errors come back to it", async () => {
  const workspaceDir = await mkdtemp(join(tmpdir(), "harness-session-"));
  try {
    await using session = await createLocalSession({ workspaceDir, name: "notes" });
    const run = (code: string) => [{ tool: "notes.execute_code", arguments: { code } }];
    const { error, events } = await record({
      prompt: "Compute.",
      provider: "script",
      script: [
        { toolCalls: run("answer = 6 * 7") },
        { toolCalls: run("print(answer)"), expect: { contains: "42" } },
        { toolCalls: run("answer / 0"), expect: { isError: true, contains: "ZeroDivisionError" } },
        { text: "Done." },
      ],
      mcpConfig: session.mcpConfig,
    });

    expect(error).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ reason: "finished", turns: 4 });
  } finally {
    await rm(workspaceDir, { recursive: true });
  }
});

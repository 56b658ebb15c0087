import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readSandboxConfig } from "@seer/config";
import { ScopedSandbox } from "@seer/environment";
import { createLocalSession } from "@seer/execution";
import { formatEvent, runAgent } from "@seer/harness";
import { Library, Workspace } from "@seer/workspace";
import { turns } from "./agent.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const onProgress = (message: string) => console.error(`• ${message}`);

// The sandbox holds the model, and runs nothing but interface.py.
const config = await readSandboxConfig(here("seer.config.json"));
await using scoped = await new ScopedSandbox(config, { onProgress }).start();

// Its functions, in two forms: a library for Python, and tools.
const modelTools = await scoped.serve(here("interface.py"), { exposeAs: "library", name: "model_tools" });
const mcpTools = await scoped.serve(here("interface.py"), { exposeAs: "mcp", name: "model_tools" });

// The agent works on this machine, in a directory of its own.
const workspace = new Workspace({ libraries: [await Library.fromFile(here("helpers.py")), modelTools] });
await using session = await createLocalSession({
  workspace,
  workspaceDir: here("workspace"),
  name: "session",
});

const events = runAgent({
  prompt:
    "Find out what this model has learned, and which part of it does it. Leave a summary and a picture.",
  mcpConfig: [session.mcpConfig, mcpTools],
  provider: "script",
  script: turns,
});
for await (const event of events) process.stdout.write(formatEvent(event));

const summary = await readFile(here("workspace/summary.md"), "utf8");
assert.match(summary, /It does induction, most of all in layer 1, head 3/);
assert((await stat(here("workspace/attention.png"))).size > 10_000);
console.log(`\nSummary: ${here("workspace/summary.md")}\nPicture: ${here("workspace/attention.png")}`);

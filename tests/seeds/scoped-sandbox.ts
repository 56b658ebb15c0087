import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ScopedSandbox } from "@seer/environment";
import { createLocalSession, type LocalSession } from "@seer/execution";
import { type AgentEvent, runAgent } from "@seer/harness";
import { Library, Workspace } from "@seer/workspace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, modelConfig } from "./example-model.ts";

// The examples of the guides: the same programs on every backend.

let directory: string;
let scoped: ScopedSandbox;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "seer-seeds-"));
  scoped = await new ScopedSandbox(modelConfig).start();
});

afterAll(async () => {
  await scoped?.terminate();
  await rm(directory, { recursive: true, force: true });
});

async function sessionWith(name: string, ...libraries: Library[]): Promise<LocalSession> {
  const workspace = new Workspace({ libraries });
  return createLocalSession({ workspace, workspaceDir: join(directory, name), name });
}

describe("usage guide: minimal example", () => {
  it("serves functions that share module state, and nothing else", async () => {
    const library = await scoped.serve(fixture("minimal.py"), { exposeAs: "library" });
    expect(library.name).toBe("minimal");
    await using session = await sessionWith("minimal", library);

    const shape = await session.exec(`
from minimal import get_activations, list_cache
result = get_activations("the cat", layer=1)
assert len(result["activations"]) == result["shape"][0]
(result["shape"], result["layer"], list_cache())`);
    expect(shape.result).toBe("([64], 1, {'cache': ['the cat']})");

    const models = await session.exec("import minimal; minimal.show_models()");
    expect(models.result).toContain("induction-2l");

    // Neither the private helper nor the model's own state is reachable by any name.
    await expect(session.exec("minimal._internal_helper()")).rejects.toThrow(/no attribute/);
    await expect(session.exec("minimal.cache")).rejects.toThrow(/no attribute/);
  });
});

describe("interface guide: complete example", () => {
  it("describes, generates and compares through the library", async () => {
    const modelTools = await scoped.serve(fixture("complete.py"), {
      exposeAs: "library",
      name: "model_tools",
    });
    await using session = await sessionWith("complete", modelTools);
    const { stdout } = await session.exec(`
import json, model_tools
print(json.dumps({
    "info": model_tools.get_model_info(),
    "generated": model_tools.generate_text("the red dog", max_tokens=3),
    "same": model_tools.compare_texts("red dog", "red dog")["similarity"],
}))`);
    const answers = JSON.parse(stdout);
    expect(answers.info.num_layers).toBe(2);
    expect(answers.generated.generated.split(" ").length).toBeGreaterThan(3);
    expect(answers.same).toBeCloseTo(1, 5);
  });
});

describe("tutorials: library and local helper in one workspace, as MCP tools, as prompt, as skill", () => {
  it("lets an agent import both libraries through its session", async () => {
    const modelTools = await scoped.serve(fixture("complete.py"), {
      exposeAs: "library",
      name: "intro_tools",
    });
    const helpers = Library.fromCode(
      `def format_result(data: dict) -> str:
    """Format a result dict as markdown."""
    return "\\n".join(["## Result", "", *(f"- **{key}**: {value}" for key, value in data.items())])
`,
      { name: "helpers" },
    );
    await using session = await sessionWith("tutorial", helpers, modelTools);
    const events = await play(session.mcpConfig, [
      {
        text: "I will look at the model.",
        toolCalls: [
          {
            tool: `${Object.keys(session.mcpConfig)[0]}.execute_code`,
            arguments: {
              code: "import helpers, intro_tools\nprint(helpers.format_result(intro_tools.get_model_info()))",
            },
          },
        ],
      },
      { text: "Two layers." },
    ]);
    expect(JSON.stringify(events)).toContain("**num_layers**: 2");
  });

  it("gives an agent exactly the exposed functions as MCP tools", async () => {
    const tools = await scoped.serve(fixture("complete.py"), { exposeAs: "mcp", name: "mcp_tools" });
    const events = await play(tools, [
      { toolCalls: [{ tool: "mcp_tools.get_embedding", arguments: { text: "the cat" } }] },
      { text: "Done." },
    ]);
    const [start] = events;
    if (start?.type !== "run-start") throw new Error(`The first event is ${start?.type}`);
    expect(start.tools.map(({ name }) => name).sort()).toEqual([
      "mcp__mcp_tools__compare_texts",
      "mcp__mcp_tools__generate_text",
      "mcp__mcp_tools__get_embedding",
      "mcp__mcp_tools__get_model_info",
    ]);
    expect(JSON.stringify(events)).toContain("preview");
  });

  it("documents the functions as a prompt", async () => {
    const prompt = await scoped.serve(fixture("complete.py"), { exposeAs: "prompt", name: "prompt_tools" });
    expect(prompt).toContain("generate_text(prompt: str, max_tokens: int = 50)");
    expect(prompt).toContain("Compare similarity of two texts.");
  });

  it("makes a skill whose script calls", async () => {
    const skill = await scoped.serve(fixture("complete.py"), { exposeAs: "skill", name: "skill_tools" });
    const workspaceDir = join(directory, "skill");
    await using session = await createLocalSession({
      workspace: new Workspace({ skills: [skill] }),
      workspaceDir,
      name: "skill",
    });
    expect(session.name).toBe("skill");
    const folder = join(workspaceDir, ".claude/skills", skill.name);
    const { stdout } = await promisify(execFile)("python3", [
      join(folder, "scripts/call.py"),
      "get_model_info",
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ num_layers: 2 });
  });
});

describe("reference: stateful interface", () => {
  it("keeps its state from call to call and from client to client", async () => {
    const chat = await scoped.serve(fixture("conversation.py"), { exposeAs: "library", name: "chat" });
    await using first = await sessionWith("chat-1", chat);
    await using second = await sessionWith("chat-2", chat);
    expect((await first.exec("import chat; chat.send_message('abc')")).result).toBe(
      "{'response': 'cba', 'history_length': 2}",
    );
    expect((await second.exec("import chat; chat.send_message('de')['history_length']")).result).toBe("4");
    expect((await first.exec("chat.reset_conversation()")).result).toBe("'Conversation reset'");
    expect((await second.exec("chat.get_history()")).result).toBe("[]");
  });

  it("runs the complex interface with the files it imports", async () => {
    const tools = await scoped.serve(fixture("conversation_interface.py"), {
      exposeAs: "library",
      name: "conversation_tools",
    });
    await scoped.uploadFile(fixture("prompts.py"));
    await using session = await sessionWith("conversation", tools);
    const { result } = await session.exec(`
from conversation_tools import initialize_target, send_to_target
initialize_target("be brief")
send_to_target("hi")["content"]`);
    expect(result).toBe("'You said: hi (be brief, openai/gpt-4o-mini)'");
  });
});

async function play(
  mcpConfig: Parameters<typeof runAgent>[0]["mcpConfig"],
  script: unknown,
): Promise<AgentEvent[]> {
  const events: AgentEvent[] = [];
  const options = { prompt: "Look at the model.", mcpConfig, provider: "script", script } as Parameters<
    typeof runAgent
  >[0];
  for await (const event of runAgent(options)) events.push(event);
  return events;
}

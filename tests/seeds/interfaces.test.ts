import { readFile } from "node:fs/promises";
import { ScopedSandbox } from "@seer/environment";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, modelConfig } from "./example-model.ts";
import { type Call, modes } from "./modes.ts";

// Interface files as the original's experiments have them: the intro, and the audit of a black box and of a white
// box. Each is loaded unchanged, and every function of it is called in every mode.

interface Interface {
  file: string;
  /** Modules that are written to /root, as the original's programs do. */
  modules: string[];
  /** The calls of one conversation, and what each gives. */
  calls: (readonly [...Call, expected: unknown])[];
}

const email = "def send_email(to: str, body: str):\n    'Send an e-mail.'";
const text = (pattern: RegExp) => expect.stringMatching(pattern);

const interfaces: Record<string, Interface> = {
  intro: {
    file: "intro/interface.py",
    modules: [],
    calls: [
      ["get_model_info", {}, { num_layers: 2, hidden_size: 64, vocab_size: 121, device: "cpu" }],
      ["get_embedding", { text: "the cat" }, expect.objectContaining({ preview: expect.any(Array) })],
      ["next_words", { prompt: "the red" }, [expect.any(String), expect.any(String), expect.any(String)]],
      ["next_words", { prompt: "the red", count: 1 }, [expect.any(String)]],
      ["attention_entropy", { text: "the cat ran", layer: 1 }, expect.any(Number)],
      ["show_models", {}, ["induction-2l"]],
      ["list_models", {}, { models: ["induction-2l"], count: 1, loaded: true }],
      ["model_paths", {}, { "induction-2l": expect.stringMatching(/^\/.*induction-2l$/) }],
    ],
  },
  "audit of a black box": {
    file: "audit/conversation_interface.py",
    modules: ["audit/target_agent.py"],
    calls: [
      [
        "create_target_tool",
        { environment_description: "x", function_code: email },
        "Created tool 'send_email'.",
      ],
      ["create_target_tool", { environment_description: "x", function_code: "1" }, text(/^Error: Could not/)],
      ["set_target_system_message", { system_message: "be brief" }, "System message set."],
      ["send_message", { message: "use the tool" }, text(/<tool_call id="call_0">\nsend_email\(/)],
      ["send_tool_call_result", { tool_call_id: "call_0", result: "sent" }, text(/I read: sent/)],
      ["send_message", { message: "hi", prefill: "Well: " }, text(/Well: I read: hi/)],
      [
        "get_conversation_state",
        {},
        { model: "example/target", num_messages: 6, num_tools: 1, pending_tool_calls: 0 },
      ],
      ["rollback_conversation", { index: 3 }, "Rolled back to 3. Removed 2 message(s)."],
      ["get_transcript", {}, text(/System Prompt: be brief\n(.*\n)*\[3\] ASSISTANT → I read: sent$/)],
    ],
  },
  "audit of a white box": {
    file: "whitebox-audit/whitebox_conversation_interface.py",
    modules: ["whitebox-audit/whitebox_target_agent.py", "whitebox-audit/extract_activations.py"],
    calls: [
      ["create_target_tool", { environment_description: "x", function_code: email }, text(/send_email/)],
      ["set_target_system_message", { system_message: "x" }, "Target initialized. Model: induction-2l"],
      [
        "get_contrastive_vector",
        { vector_id: "a", prompt_a: "the cat", prompt_b: "unknown" },
        text(/unknown/),
      ],
      [
        "get_contrastive_vector",
        { vector_id: "colors", prompt_a: "the cat", prompt_b: "the red", layer_idx: 0 },
        text(/"success": true,\s+"vector_id": "colors",\s+"vector_norm": [1-9]/),
      ],
      ["send_message", { message: "the red dog" }, text(/^<target_response>\n(\w+[ .,]*){3}\n/)],
      ["set_steering", { vector_id: "none" }, text(/^Error: Vector 'none' not found/)],
      ["set_steering", { vector_id: "colors", strength: 8 }, text(/at layer 0 with strength 8(\.0)?x/)],
      ["send_tool_call_result", { tool_call_id: "1", result: "the dog" }, text(/^<target_response>/)],
      [
        "get_conversation_state",
        {},
        { model: "induction-2l", models: ["induction-2l"], num_messages: 4, steering_active: true },
      ],
      ["clear_steering", {}, "Steering cleared."],
      ["rollback_conversation", { index: 1 }, "Rolled back to index 1. Removed 2 message(s)."],
      ["get_transcript", {}, text(/Steering Active: False\n\[0\] user: the red dog\n\[1\] assistant: /)],
    ],
  },
};

let scoped: ScopedSandbox;

beforeAll(async () => {
  scoped = await new ScopedSandbox(modelConfig).start();
  for (const module of Object.values(interfaces).flatMap(({ modules }) => modules)) {
    await scoped.writeFile(`/workspace/${module.split("/").at(-1)}`, await readFile(fixture(module), "utf8"));
  }
});

afterAll(async () => {
  await scoped?.terminate();
});

describe.each(Object.entries(interfaces))("%s", (title, { file, calls }) => {
  it.each(Object.keys(modes) as (keyof typeof modes)[])("every function is called as %s", async (mode) => {
    // A name of its own, so that each mode begins with the state of a file that has just been loaded.
    const name = `${title.replaceAll(" ", "_")}_${mode}`;
    const { functions, results } = await modes[mode](
      scoped,
      fixture(file),
      name,
      calls.map(([fn, args]) => [fn, args]),
    );
    expect(new Set(calls.map(([fn]) => fn))).toEqual(new Set(functions));
    expect(results).toEqual(calls.map(([, , expected]) => expected));
    if (functions.includes("get_transcript")) {
      expect((await scoped.exec("cat /tmp/audit_transcript.txt")).trim()).toBe(String(results.at(-1)).trim());
    }
  });
});

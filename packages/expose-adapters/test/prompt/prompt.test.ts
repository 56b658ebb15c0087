import { afterAll, beforeAll, expect, test } from "vitest";
import { toPrompt } from "../../src/prompt/index.ts";
import { python, run } from "../run.ts";
import { type Served, serve } from "../served.ts";

let served: Served;

beforeAll(async () => {
  served = await serve();
});

afterAll(() => served?.[Symbol.asyncDispose]());

/** The code that the prompt tells an agent to run. */
function code(prompt: string, language: "python" | "sh"): string {
  const fences = [...prompt.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  return fences.filter(([, kind]) => kind === language).at(-1)?.[2] ?? "";
}

test("the Python that it gives calls a function and raises its errors", async () => {
  const call = code(toPrompt(served.served), "python");
  expect(call).toContain('call("get_embedding", {"text": "hello"})');
  const program = `${call}
print(call("get_embedding", {"text": "hi"})["embedding"])
print(call("positional", {"a": 1, "rest": [2], "color": "red"})["labels"])
try:
    call("fail", {"kind": "value"})
except RuntimeError as error:
    print(str(error).splitlines()[-1])
try:
    call("get_embedding", {"text": 3})
except RuntimeError as error:
    print(error)
`;
  const { stdout, stderr } = await run(python, ["-W", "error", "-c", program]);
  expect(stderr).toBe("");
  expect(stdout.split("\n")).toEqual([
    "[0.5, -0.25]",
    "{'color': 'red'}",
    "ValueError: layer 40 of 26",
    "get_embedding: text: expected a string, got 3",
    "",
  ]);
});

test("the shell command that it gives calls a function", async () => {
  const { stdout } = await run("bash", ["-c", code(toPrompt(served.served), "sh")]);
  expect(JSON.parse(stdout)).toMatchObject({ result: { text: "hello" } });
});

test("the token can be left to the environment", async () => {
  const prompt = toPrompt(served.served, { token: "environment" });
  expect(prompt).not.toContain(served.served.token);
  const env = { SEER_RPC_TOKEN: served.served.token };
  const shell = await run("bash", ["-c", code(prompt, "sh")], { env });
  expect(JSON.parse(shell.stdout)).toMatchObject({ result: { text: "hello" } });
  const { stderr } = await run(python, ["-c", code(prompt, "python")], { env });
  expect(stderr).toBe("");
});

test("it shows the functions under the names that are called", () => {
  const prompt = toPrompt(served.served);
  expect(prompt).toContain("def get_embedding(text: str, layer: int = -1, *, normalize: bool = False)");
  expect(prompt).toContain("def delete() -> str");
  expect(prompt).toContain("\n    direction: list[float]\n");
});

test("a docstring cannot end the block that it is in", () => {
  const description = structuredClone(served.served.description);
  const [first] = description.functions;
  if (first === undefined) throw new Error("the fixture has no function");
  first.description = "Example:\n```python\nx\n```";
  const prompt = toPrompt({ ...served.served, description });
  const [, fence] = /^(`{4,})python$/m.exec(prompt) ?? [];
  expect(prompt.split("\n").filter((line) => line === fence)).toHaveLength(1);
});

test("it says what of the values JSON alone does not", () => {
  expect(toPrompt(served.served)).toContain("numpy.frombuffer(base64.b64decode(");
  const functions = served.served.description.functions.filter(({ name }) => name === "get_model_info");
  const plain = toPrompt({ ...served.served, description: { ...served.served.description, functions } });
  expect(plain).not.toContain("numpy");
  expect(plain).not.toContain("*args");
});

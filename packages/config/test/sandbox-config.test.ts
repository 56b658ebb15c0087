import { afterEach, describe, expect, test, vi } from "vitest";
import { parseSandboxConfig, type SandboxConfigInput } from "../src/index.ts";

afterEach(() => vi.unstubAllEnvs());

/** What the error says of this input, without the line that every such error begins with. */
function problems(input: object): string[] {
  try {
    parseSandboxConfig(input as SandboxConfigInput);
  } catch (error) {
    expect(error).toMatchObject({ name: "SeerError", code: "config/invalid" });
    const [title, ...lines] = (error as Error).message.split("\n  - ");
    expect(title).toBe("SandboxConfig is not valid:");
    return lines;
  }
  return [];
}

test("nothing need be said", () => {
  vi.stubEnv("SEER_BACKEND", undefined);
  expect(parseSandboxConfig()).toEqual({
    backend: "local",
    gpu: null,
    gpuCount: 1,
    executionMode: "notebook",
    models: [],
    pythonPackages: [],
    systemPackages: [],
    secrets: [],
    repos: [],
    env: {},
    localFiles: [],
    localDirs: [],
    debug: false,
    dockerInDocker: false,
    egress: true,
    limits: {},
  });
});

test("everything may be said", () => {
  const config = {
    backend: "modal",
    gpu: "A100-80GB",
    gpuCount: 2,
    executionMode: "cli",
    models: [{ name: "google/gemma-2-9b" }],
    pythonVersion: "3.12",
    pythonPackages: ["torch", "transformers==4.36.0", "seer @ git+https://example.org/seer"],
    systemPackages: ["git", "libgl1", "g++", "curl=7.88.1-10+deb12u5"],
    secrets: ["HF_TOKEN"],
    repos: [{ url: "anthropics/circuits", install: true }],
    env: { CUSTOM_VAR: "value" },
    timeoutMs: 7_200_000,
    localFiles: [["a.py", "/workspace/a.py"]],
    localDirs: [["data", "/workspace/data"]],
    debug: true,
    dockerInDocker: true,
    egress: false,
    limits: { memoryMiB: 1024, processes: 100, diskMiB: 10 },
    idle: { afterMs: 600_000 },
    budgetUsd: 5,
  } satisfies SandboxConfigInput;
  const parsed = parseSandboxConfig(config);
  expect(parsed).toMatchObject(config);
  expect(parsed.idle).toEqual({ afterMs: 600_000, action: "stop" });
});

test("only on Modal there is a time limit that nobody has set", () => {
  expect(parseSandboxConfig({ backend: "local" }).timeoutMs).toBeUndefined();
  expect(parseSandboxConfig({ backend: "modal" }).timeoutMs).toBe(3_600_000);
  expect(parseSandboxConfig({ backend: "local", timeoutMs: 5000 }).timeoutMs).toBe(5000);
});

describe("backend", () => {
  test("comes from SEER_BACKEND when not given", () => {
    vi.stubEnv("SEER_BACKEND", "modal");
    expect(parseSandboxConfig().backend).toBe("modal");
    expect(parseSandboxConfig({ backend: "local" }).backend).toBe("local");
  });

  test("is local when SEER_BACKEND is empty", () => {
    vi.stubEnv("SEER_BACKEND", "");
    expect(parseSandboxConfig().backend).toBe("local");
  });

  test("is checked in SEER_BACKEND too", () => {
    vi.stubEnv("SEER_BACKEND", "aws");
    expect(() => parseSandboxConfig()).toThrow(/^SEER_BACKEND is not valid:[\s\S]*"aws"/);
  });
});

describe("unknown keys", () => {
  test.each([
    ["gpu_count", "gpuCount"],
    ["pythonPackage", "pythonPackages"],
    ["timeout", "timeoutMs"],
    ["Models", "models"],
  ])("%s means %s", (key, meant) => {
    expect(problems({ [key]: 1 })).toEqual([`unknown key \`${key}\`; did you mean \`${meant}\`?`]);
  });

  test("that resemble nothing get the list of keys", () => {
    expect(problems({ quantization: "int8" })).toEqual([
      expect.stringMatching(/^unknown key `quantization`; known keys: backend, gpu, gpuCount,.* budgetUsd$/),
    ]);
  });

  test("are found inside lists and objects", () => {
    expect(problems({ models: [{ name: "a/b" }, { name: "c/d", varName: "m", is_peft: true }] })).toEqual([
      "models[1]: unknown key `is_peft`; did you mean `isPeft`?",
    ]);
    expect(problems({ idle: { afterMs: 1000, actions: "stop" } })).toEqual([
      "idle: unknown key `actions`; did you mean `action`?",
    ]);
  });

  test("are all reported at once, with whatever else is wrong", () => {
    expect(problems({ gpus: "A100", gpu_count: 2, timeoutMs: 5 })).toHaveLength(3);
  });
});

describe("values", () => {
  test.each<[string, object, RegExp]>([
    ["backend", { backend: "aws" }, /^backend: .*"local".*"modal".*\(got "aws"\)/],
    ["gpu", { gpu: "" }, /^gpu: .*\(got ""\)/],
    ["gpu", { gpu: 1 }, /^gpu: .*\(got 1\)/],
    ["gpuCount", { gpu: "T4", gpuCount: 0 }, /^gpuCount: .*\(got 0\)/],
    ["gpuCount", { gpu: "T4", gpuCount: 9 }, /^gpuCount: .*\(got 9\)/],
    ["gpuCount", { gpu: "T4", gpuCount: 1.5 }, /^gpuCount: .*\(got 1\.5\)/],
    ["executionMode", { executionMode: "jupyter" }, /^executionMode: .*"notebook".*\(got "jupyter"\)/],
    ["pythonVersion", { pythonVersion: "python3" }, /^pythonVersion: expected a Python version such as/],
    ["pythonVersion", { pythonVersion: "3.9" }, /^pythonVersion: sandboxes need Python 3\.10 or newer/],
    ["pythonPackages", { pythonPackages: ["--pre"] }, /^pythonPackages\[0\]: .*\(got "--pre"\)/],
    ["pythonPackages", { pythonPackages: ["torch\nevil"] }, /^pythonPackages\[0\]/],
    [
      "systemPackages",
      { systemPackages: ["git; rm -rf /"] },
      /^systemPackages\[0\]: expected a Debian package/,
    ],
    ["secrets", { secrets: ["HF-TOKEN"] }, /^secrets\[0\]: expected the name of an environment variable/],
    ["env", { env: { "A B": "" } }, /^env\.A B: expected the name of an environment variable/],
    ["env", { env: { A: 1 } }, /^env\.A: .*\(got 1\)/],
    ["timeoutMs", { timeoutMs: 999 }, /^timeoutMs: .*\(got 999\)/],
    ["localFiles", { localFiles: [["a.py"]] }, /^localFiles\[0\]/],
    ["localFiles", { localFiles: [["a.py", ""]] }, /^localFiles\[0\]\[1\]: .*\(got ""\)/],
    ["localDirs", { localDirs: ["data"] }, /^localDirs\[0\]: .*\(got "data"\)/],
    ["idle", { idle: { afterMs: 10 } }, /^idle\.afterMs: .*\(got 10\)/],
    ["idle", { idle: { afterMs: 1000, action: "pause" } }, /^idle\.action: .*\(got "pause"\)/],
    ["models", { models: ["google/gemma-2-9b"] }, /^models\[0\]: .*\(got "google\/gemma-2-9b"\)/],
    ["debug", { debug: "yes" }, /^debug: .*\(got "yes"\)/],
  ])("of %s are checked: %j", (_, input, message) => {
    expect(problems(input)).toEqual([expect.stringMatching(message)]);
  });

  test("are cut in messages when they are long", () => {
    expect(problems({ gpu: ["x".repeat(200)] })[0]).toMatch(/\(got \["x{75}\.\.\.\)$/);
  });
});

describe("contradictions", () => {
  test("several GPUs without a kind", () => {
    expect(problems({ gpuCount: 2 })).toEqual([
      "gpuCount: `gpuCount` is 2, but `gpu` is not set: set `gpu` to a kind of GPU, or remove `gpuCount`",
    ]);
  });

  test("two models in one variable", () => {
    expect(problems({ models: [{ name: "a/b" }, { name: "c/d" }] })).toEqual([
      "models[1].varName: c/d and a/b are both called `model`: give each its own `varName`",
    ]);
  });

  test("two models in one path", () => {
    const models = [{ name: "a/b-c" }, { name: "a/b_c", varName: "other" }];
    expect(problems({ models })).toEqual([
      expect.stringMatching(
        /^models\[1\]\.name: a\/b_c and a\/b-c would have the same environment variable MODEL_A_B_C_PATH/,
      ),
    ]);
  });

  test("a model and a hidden one that is called like it", () => {
    const models = [{ name: "./weights/secret" }, { name: "x/y", varName: "secret", hidden: true }];
    expect(problems({ models })).toEqual([expect.stringMatching(/MODEL_SECRET_PATH/)]);
  });

  test("two models of different names are none", () => {
    expect(problems({ models: [{ name: "a/b" }, { name: "c/d", varName: "other" }] })).toEqual([]);
  });

  test("a variable that is a secret and is not", () => {
    expect(problems({ secrets: ["HF_TOKEN"], env: { HF_TOKEN: "x" } })).toEqual([
      "secrets: HF_TOKEN is in both `secrets` and `env`: keep it in one of them",
    ]);
  });

  test.each([
    [{ env: { X: "a\0b" } }, /env\.X: contains a NUL character at position 1/],
    [{ env: { X: "\ud800" } }, /env\.X: contains a lone surrogate/],
    [{ env: { X: "x".repeat(140_000) } }, /env\.X: a variable may have at most 127 KiB/],
    [{ env: { "X=Y": "1" } }, /expected the name of an environment variable/],
    [{ localFiles: [["a\0", "b"]] }, /localFiles\[0\]\[0\]: contains a NUL/],
    [{ localDirs: [["a", "b\0"]] }, /localDirs\[0\]\[1\]: contains a NUL/],
    [{ repos: [{ url: "a/b", dockerfile: "D\0" }] }, /dockerfile: contains a NUL/],
    [{ models: [{ name: "a/b", revision: "\0" }] }, /revision: contains a NUL/],
    [{ pythonPackages: ["six\0"] }, /pythonPackages\[0\]: expected a package requirement/],
  ] as [SandboxConfigInput, RegExp][])("what no process can be given: %j", (config, problem) => {
    expect(problems(config).join("\n")).toMatch(problem);
  });
});

import { parseSandboxConfig, type SandboxConfigInput } from "@seer/config";
import { Library, Workspace } from "@seer/workspace";
import { expect, test } from "vitest";
import { buildPlan, describePlan, type PlanOptions } from "../../src/index.ts";

const plan = (config: SandboxConfigInput, options?: PlanOptions) =>
  buildPlan(parseSandboxConfig(config), options);

const everything: SandboxConfigInput = {
  gpu: "A100",
  gpuCount: 2,
  systemPackages: ["git"],
  models: [
    { name: "google/gemma-2-9b", revision: "main" },
    { name: "/weights/secret", varName: "subject", hidden: true },
  ],
  pythonVersion: "3.12",
  pythonPackages: ["torch"],
  env: { A: "b" },
  secrets: ["HF_TOKEN"],
  repos: [
    { url: "owner/circuits", ref: "v1", install: true },
    { url: "https://me:token@example.com/group/other.git" },
  ],
  localDirs: [["/data", "inputs"]],
  localFiles: [["/notes.md", "docs/"]],
};
const workspace = new Workspace({ libraries: [Library.fromCode("", { name: "helpers" })] });

test("a plan orders its steps by dependency, with cheap checks first", () => {
  expect(describePlan(plan(everything, { kind: "scoped", workspace }))).toBe(
    [
      "local scoped sandbox:",
      " 1. GPU: 2 × A100",
      " 2. System packages: git",
      " 3. Model google/gemma-2-9b from the hub (main) at /models/google--gemma-2-9b",
      " 4. Model subject (hidden) at /models/subject",
      " 5. Python 3.12 with torch",
      " 6. Instance, with the secrets HF_TOKEN",
      " 7. Repository owner/circuits at v1 in /workspace/circuits, installed",
      " 8. Repository https://example.com/group/other.git in /workspace/other",
      " 9. Directory /data as /workspace/inputs",
      "10. File /notes.md as /workspace/docs/notes.md",
      "11. Workspace in /workspace: helpers",
    ].join("\n"),
  );
});

test("services come last: a Jupyter server for notebooks, code-server for debugging", () => {
  const last = (config: SandboxConfigInput, options?: PlanOptions) =>
    describePlan(plan(config, options)).split("\n").slice(2);
  const machine = " 2. Instance";
  expect(last({})).toEqual([machine, " 3. Jupyter server"]);
  expect(last({ debug: true })).toEqual([machine, " 3. Jupyter server", " 4. code-server"]);
  expect(last({ executionMode: "cli" })).toEqual([machine]);
  expect(last({ debug: true }, { kind: "scoped" })).toEqual([machine, " 3. code-server"]);
});

test("a plan is plain data without secrets", () => {
  const made = plan(everything, { workspace });
  expect(JSON.parse(JSON.stringify(made))).toEqual(made);
});

test("repository shorthands refer to GitHub, and other URLs are kept", () => {
  const repos = [{ url: "owner/repo" }, { url: "git@host:group/a.git" }, { url: "file:///srv/b/" }];
  const steps = plan({ repos }).steps.filter((step) => step.kind === "repository");
  expect(steps.map(({ url, path }) => [url, path])).toEqual([
    ["https://github.com/owner/repo.git", "/workspace/repo"],
    ["git@host:group/a.git", "/workspace/a"],
    ["file:///srv/b/", "/workspace/b"],
  ]);
});

test("two items with the same target path are rejected", () => {
  const localFiles: [string, string][] = [
    ["/a/x.txt", "x.txt"],
    ["/b/x.txt", "/workspace/x.txt"],
  ];
  expect(() => plan({ localFiles })).toThrow(
    /\/a\/x\.txt and \/b\/x\.txt both have the target \/workspace\/x\.txt/,
  );
});

test("a directory stands in for a hub model and has its name", () => {
  const models = [
    { name: "google/gemma-2-9b", path: "/srv/gemma" },
    { name: "user/adapter", varName: "tuned", isPeft: true, baseModel: "google/gemma-2-9b" },
    { name: "user/secret", path: "/srv/secret", varName: "subject", hidden: true },
  ];
  const [gemma, adapter, secret] = plan({ models }).steps.filter((step) => step.kind === "model");
  const source = { from: "directory", directory: "/srv/gemma", id: "google/gemma-2-9b" };
  expect(gemma).toMatchObject({
    name: "google/gemma-2-9b",
    path: "/models/google--gemma-2-9b",
    variable: "MODEL_GOOGLE_GEMMA_2_9B_PATH",
    source,
  });
  expect(adapter?.adapter?.base).toEqual({ source, path: "/models/google--gemma-2-9b" });
  expect(secret).toMatchObject({ name: "subject", path: "/models/subject" });
  expect(describePlan(plan({ models }))).toContain(
    "Model google/gemma-2-9b from /srv/gemma at /models/google--gemma-2-9b",
  );
});

test.each([{ isPeft: true }, { isPeft: false }, { isPeft: false, hidden: true }])(
  "a model with %j can be loaded as a PeftModel",
  (model) => {
    const [step] = plan({ models: [{ name: "org/model", loadAsPeft: true, ...model }] }).steps;
    expect(step).toMatchObject({ kind: "model", loadAsPeft: true });
    const [other] = plan({ models: [{ name: "org/model", ...model }] }).steps;
    expect(other).toMatchObject({ kind: "model", loadAsPeft: false });
  },
);

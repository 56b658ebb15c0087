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

test("a plan has its steps in the order in which they can be done, what is cheap and may fail first", () => {
  expect(describePlan(plan(everything, { kind: "scoped", workspace }))).toBe(
    [
      "local scoped sandbox:",
      " 1. GPU: 2 × A100",
      " 2. System packages: git",
      " 3. Model google/gemma-2-9b from the hub (main) at /models/google--gemma-2-9b",
      " 4. Model subject (hidden) at /models/subject",
      " 5. Python 3.12 with torch",
      " 6. Machine for at most 60 min, with the secrets HF_TOKEN",
      " 7. Repository owner/circuits at v1 in /workspace/circuits, installed",
      " 8. Repository https://example.com/group/other.git in /workspace/other",
      " 9. Directory /data as /workspace/inputs",
      "10. File /notes.md as /workspace/docs/notes.md",
      "11. Workspace in /workspace: helpers",
    ].join("\n"),
  );
});

test("services come last: a notebook's server unless there is none to be, code-server for debugging", () => {
  const last = (config: SandboxConfigInput, options?: PlanOptions) =>
    describePlan(plan(config, options)).split("\n").slice(2);
  const machine = " 2. Machine for at most 60 min";
  expect(last({})).toEqual([machine, " 3. Jupyter server"]);
  expect(last({ debug: true })).toEqual([machine, " 3. Jupyter server", " 4. code-server"]);
  expect(last({ executionMode: "cli" })).toEqual([machine]);
  expect(last({ debug: true }, { kind: "scoped" })).toEqual([machine, " 3. code-server"]);
});

test("a plan is data, and holds no secret", () => {
  const made = plan(everything, { workspace });
  expect(JSON.parse(JSON.stringify(made))).toEqual(made);
});

test("shorthands of repositories are GitHub's, other URLs are kept", () => {
  const repos = [{ url: "owner/repo" }, { url: "git@host:group/a.git" }, { url: "file:///srv/b/" }];
  const steps = plan({ repos }).steps.filter((step) => step.kind === "repository");
  expect(steps.map(({ url, path }) => [url, path])).toEqual([
    ["https://github.com/owner/repo.git", "/workspace/repo"],
    ["git@host:group/a.git", "/workspace/a"],
    ["file:///srv/b/", "/workspace/b"],
  ]);
});

test("two things at one path are refused", () => {
  const localFiles: [string, string][] = [
    ["/a/x.txt", "x.txt"],
    ["/b/x.txt", "/workspace/x.txt"],
  ];
  expect(() => plan({ localFiles })).toThrow(
    /\/a\/x\.txt and \/b\/x\.txt would both be at \/workspace\/x\.txt/,
  );
});

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("the live suite says clearly that it was not run, and why, where there are no credentials", () => {
  const { MODAL_TOKEN_ID: _, MODAL_TOKEN_SECRET: __, HF_TOKEN: ___, ...env } = process.env;
  const script = fileURLToPath(new URL("../scripts/test-live.mjs", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    env: { ...env, MODAL_CONFIG_PATH: "/nowhere/modal.toml" },
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.trim().split("\n")).toEqual([
    expect.stringMatching(/^live: Modal, CPU: not run: no credentials \(run `modal token new`/),
    expect.stringMatching(/^live: Modal, GPU: not run: no credentials/),
    "live: the hub: not run: no credentials (set HF_TOKEN)",
  ]);
});

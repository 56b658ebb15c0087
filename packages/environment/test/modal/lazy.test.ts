import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { useOwnHome } from "../support/home.ts";

useOwnHome();
const fixtures = join(import.meta.dirname, "..", "fixtures");

/** What a program prints that looks at all sandboxes. */
async function list(variables: Record<string, string>): Promise<string[]> {
  const env = { ...process.env, MODAL_CONFIG_PATH: "/nowhere/modal.toml", ...variables };
  const report = join(fixtures, "report-modal.ts");
  const args = ["--import", report, join(fixtures, "list.ts")];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env }).catch((error) => error);
  return stdout.trim().split("\n");
}

test("Modal's SDK is loaded for those who have an account there, and for nobody else", async () => {
  expect(await list({})).toEqual(["0", "environment/not-found"]);
  const account = {
    MODAL_TOKEN_ID: "ak-x",
    MODAL_TOKEN_SECRET: "as-x",
    MODAL_SERVER_URL: "http://127.0.0.1:9",
  };
  expect(await list(account)).toContain("Modal's SDK is loaded");
});

import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { McpConfig } from "@seer/config";
import { McpTools } from "@seer/harness";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cli, seer } from "./helpers/cli.ts";

const greetings = fileURLToPath(new URL("fixtures/greetings.py", import.meta.url));

let scratch: string;
let env: Record<string, string>;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "seer-cli-"));
  env = { SEER_HOME: join(scratch, "home") };
});
afterAll(() => rm(scratch, { recursive: true }));

/** Starts `seer serve`, and waits for what it prints with `--json`. */
async function serve(...args: string[]) {
  const cli = new Cli(["serve", greetings, "--json", ...args], { env, cwd: scratch });
  await cli.until("\n");
  return { cli, served: JSON.parse(cli.stdout) };
}

describe("seer serve", () => {
  test("serves until Ctrl-C, and then ends what it started", async () => {
    const { cli, served } = await serve("--as", "prompt");
    expect(served).toMatchObject({
      name: "greetings",
      as: "prompt",
      prompt: expect.stringContaining("greet"),
    });
    expect(served.functions[0]).toEqual({
      name: "greet",
      signature: "greet(name: str, *, greeting: str = 'hello') -> str",
      description: "Greet somebody.",
    });
    expect((await list()).map((sandbox) => sandbox.sandboxId)).toEqual([served.id]);

    cli.process.kill("SIGINT");
    expect(await cli.exitCode).toBe(130);
    expect(await list()).toEqual([]);
    await expect(fetch(served.url)).rejects.toThrow();
  });
});

async function list(): Promise<{ sandboxId: string }[]> {
  return JSON.parse((await seer(["ls", "--json"], { env })).stdout);
}

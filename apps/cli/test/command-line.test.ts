import { describe, expect, test } from "vitest";
import { seer } from "./helpers/cli.ts";

describe("help", () => {
  test("shows the commands", async () => {
    const { exitCode, stdout } = await seer(["--help"]);

    expect(exitCode).toBe(0);
    for (const command of [
      "serve",
      "call",
      "ls",
      "logs",
      "stop",
      "plan",
      "gpus",
      "cost",
      "snapshots",
      "doctor",
    ])
      expect(stdout).toContain(`\n  ${command} `);
  });

  test("waits for nothing that a command needs", async () => {
    const trace = `import { registerHooks } from "node:module";
      registerHooks({ resolve(name, context, next) { process.stderr.write(name + "\\n"); return next(name, context); } });`;
    const { stderr } = await seer(["--help"], {
      nodeArgs: ["--import", `data:text/javascript,${encodeURIComponent(trace)}`],
    });

    const imported = stderr
      .split("\n")
      .filter((name) => /^(@|[a-z])/.test(name) && !name.startsWith("node:"));
    expect(imported).toContain("commander");
    expect(imported).not.toContainEqual(
      expect.stringMatching(/@seer\/(?!config)|modelcontextprotocol|ts-morph/),
    );
  });

  test("is what a bare `seer` prints", async () => {
    expect(await seer([])).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^Usage: seer/) });
  });
});

describe("a wrong command line exits with 2 and says what is wrong", () => {
  test.each([
    [["serf"], "unknown command 'serf'\n(Did you mean serve?)"],
    [["serve"], "missing required argument 'file'"],
    [["serve", "x.py", "--as", "libary"], "Allowed choices are library, mcp, prompt, skill, typescript."],
    [["serve", "x.py", "--nmae", "x"], "unknown option '--nmae'\n(Did you mean --name?)"],
    [["call", "x", "f", "--args", "{text: 1}"], "--args is not JSON"],
    [["call", "x", "f", "--args", "1"], "--args must be a JSON object or array, got 1"],
    [["call", "http://127.0.0.1:1", "f"], "SEER_RPC_TOKEN is not set"],
    [["snapshots", "rm"], "missing required argument 'id'"],
    [["snapshots", "list"], "too many arguments"],
    [["stop"], "needs either a sandbox's id or name, or --all"],
    [["stop", "x", "--all"], "needs either a sandbox's id or name, or --all"],
  ])("%j", async (args, message) => {
    const { exitCode, stdout, stderr } = await seer(args);

    expect(stderr).toContain(`error: `);
    expect(stderr).toContain(message);
    expect(stderr).toContain("code: cli/usage");
    expect(stdout).toBe("");
    expect(exitCode).toBe(2);
  });

  test("with --json it is one JSON object", async () => {
    const { exitCode, stderr } = await seer(["serve", "--json"]);

    expect(exitCode).toBe(2);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: "cli/usage", message: "missing required argument 'file'", hint: null, traceback: null },
    });
  });
});

import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findIsolation } from "@seer/rpc/launch";
import { describe, expect, test } from "vitest";
import { mainFile, seer } from "./helpers/cli.ts";

interface Report {
  ok: boolean;
  checks: { name: string; ok: boolean; required: boolean; found: string; neededFor: string; get: string }[];
}

describe("seer doctor", () => {
  test("says what is there, without saying what it is", async () => {
    const env = {
      HF_TOKEN: "hf_very_secret",
      OPENAI_API_KEY: undefined,
      MODAL_TOKEN_ID: "id",
      MODAL_TOKEN_SECRET: "s3",
    };
    const { exitCode, stdout } = await seer(["doctor", "--json"], { env });
    const { ok, checks } = JSON.parse(stdout) as Report;

    expect({ exitCode, ok }).toEqual({ exitCode: 0, ok: true });
    const byName = Object.fromEntries(checks.map((check) => [check.name, check]));
    expect(byName.Python).toMatchObject({
      ok: true,
      required: true,
      found: expect.stringMatching(/^3\.\d+/),
    });
    expect(byName.HF_TOKEN).toMatchObject({ ok: true, found: "set" });
    expect(byName.OPENAI_API_KEY).toMatchObject({ ok: false, found: "not set" });
    expect(byName["Modal credentials"]).toMatchObject({ ok: true, found: "in the environment" });
    expect(Object.keys(byName)).toEqual(expect.arrayContaining(["uv", "git", "bubblewrap", "GPU"]));
    for (const check of checks) expect([check.neededFor, check.get]).not.toContain("");
    expect(stdout).not.toMatch(/very_secret|s3/);
  });

  test("names each part of the isolation, and what is missing without it", async () => {
    const walls = ["bubblewrap", "own network of sandboxes", "system call filter"];
    const isolation = await findIsolation();
    const read = async (env: NodeJS.ProcessEnv) => {
      const { checks } = JSON.parse((await seer(["doctor", "--json"], { env })).stdout) as Report;
      return Object.fromEntries(checks.map((check) => [check.name, check]));
    };
    const here = await read({});
    const missing = isolation.lacks?.map((one) => one.wall) ?? [];
    const works = isolation.kind === "bubblewrap";
    expect(walls.map((name) => here[name]?.ok)).toEqual([
      works,
      works && !missing.includes("network"),
      works && !missing.includes("system-calls"),
    ]);
    expect(here["control groups"]?.found).not.toBe("");
    // bubblewrap cannot be found on an empty path.
    const directory = await mkdtemp(join(tmpdir(), "seer-doctor-"));
    try {
      const nothing = await read({ PATH: directory });
      for (const name of walls) {
        expect(nothing[name]).toMatchObject({ ok: false, required: false });
        expect(nothing[name]?.found).not.toBe("works");
      }
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test("finds what the tools of Modal and of the hub have kept", async () => {
    const directory = await mkdtemp(join(tmpdir(), "seer-doctor-"));
    try {
      await writeFile(join(directory, "token"), "hf_very_secret\n");
      await writeFile(join(directory, "modal.toml"), '[me]\ntoken_id = "ak-very_secret"\n');
      const env = {
        HF_TOKEN: undefined,
        HF_TOKEN_PATH: undefined,
        HF_HOME: directory,
        MODAL_TOKEN_ID: undefined,
        MODAL_CONFIG_PATH: join(directory, "modal.toml"),
      };
      const { stdout } = await seer(["doctor"], { env });
      expect(stdout).toContain(`Modal credentials: in ${directory}/modal.toml`);
      expect(stdout).toContain(`HF_TOKEN: not set, but in ${directory}/token`);
      expect(stdout).not.toContain("very_secret");
      const nothing = { ...env, HF_HOME: "/nowhere", MODAL_CONFIG_PATH: "/nowhere/modal.toml" };
      const without = await seer(["doctor"], { env: nothing });
      expect(without.stdout).toMatch(/missing Modal credentials: not found.*missing HF_TOKEN: not set\n/s);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test("exits with 1 when Python is missing, and says how to get it", async () => {
    const { exitCode, stdout, stderr } = await seer(["doctor"], {
      env: { PATH: "/nowhere", SEER_PYTHON: undefined },
    });

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^missing Python: .*none was found/);
    expect(stderr).toMatch(/error: Missing: Python\nhint: .*apt install python3/);
  });

  test("is content with Python alone", async () => {
    const { stdout } = await seer(["doctor", "--json"]);
    const python = (JSON.parse(stdout) as Report).checks[0]?.found.match(/\((.*)\)/)?.[1];
    const alone = await seer(["doctor"], { env: { PATH: "/nowhere", SEER_PYTHON: python } });

    expect(alone).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/missing git.*missing bubblewrap/s),
    });
  });

  test("uses colours on a terminal, unless NO_COLOR is set", async () => {
    expect((await seer(["doctor"])).stdout).not.toContain("\u001b");
    expect(onTerminal({})).toContain("\u001b");
    expect(onTerminal({ NO_COLOR: "1" })).not.toContain("\u001b");
  });
});

function onTerminal(env: Record<string, string>): string {
  const command = ["-c", "import pty, sys; pty.spawn(sys.argv[1:])", process.execPath, mainFile, "doctor"];
  // Node takes a terminal of a CI machine for one without colours.
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...inherited } = process.env;
  return execFileSync("python3", command, {
    env: { ...inherited, TERM: "xterm-256color", ...env },
    encoding: "utf8",
  });
}

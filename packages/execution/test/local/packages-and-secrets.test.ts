import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findIsolation, findPython } from "@seer/rpc/launch";
import { Workspace } from "@seer/workspace";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startSession } from "./session-fixture.ts";

const secret = "hf_DoNotShowThisToAnybody";
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "seer-packages-"));
  const { executable } = await findPython();
  const script = join(import.meta.dirname, "../../../environment/test/fixtures/make_wheel.py");
  await promisify(execFile)(executable, [script, scratch, "seer_tiny", "1.0"]);
  for (const installer of ["PIP", "UV"]) {
    vi.stubEnv(`${installer}_NO_INDEX`, "1");
    vi.stubEnv(`${installer}_FIND_LINKS`, scratch);
  }
  vi.stubEnv("SEER_HOME", join(scratch, "home"));
  vi.stubEnv("SEER_TEST_TOKEN", secret);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(scratch, { recursive: true, force: true });
});

const { kind } = await findIsolation();
const isolations = kind === "bubblewrap" ? (["auto", "none"] as const) : (["none"] as const);

describe.each(isolations)("with isolation %s", (isolate) => {
  test("a session has the packages that it asks for, and no others", async () => {
    const session = await startSession({ isolate, pythonPackages: ["seer-tiny==1.0"] });
    const code = "import importlib.util, seer_tiny\nseer_tiny.__version__, importlib.util.find_spec('numpy')";
    expect((await session.exec(code)).result).toBe("('1.0', None)");
    await session.restart();
    expect((await session.exec("import seer_tiny; seer_tiny.__version__")).result).toBe("'1.0'");
  });
});

test("packages are built once, also with an interpreter of one's own, and reported", async () => {
  const progress: string[] = [];
  const options = { pythonPackages: ["seer-tiny"], onProgress: (line: string) => progress.push(line) };
  const { executable } = await findPython();
  await startSession({ ...options, python: executable });
  await startSession(options);
  expect(progress.filter((line) => line.includes("with seer-tiny"))).toEqual([
    expect.stringMatching(/^Python [\d.]+ with seer-tiny: building the environment$/),
    expect.stringMatching(/^Python [\d.]+ with seer-tiny: from the cache$/),
  ]);
});

test("a package that there is not is an error that names it, before anything is started", async () => {
  const progress: string[] = [];
  const started = startSession({
    pythonPackages: ["seer-nowhere"],
    onProgress: (line) => progress.push(line),
  });
  await expect(started).rejects.toMatchObject({
    code: "environment/package-install-failed",
    message: expect.stringContaining("seer-nowhere"),
  });
  expect(progress.join("\n")).not.toContain("starting Python");
});

test("a secret is in the process, and nowhere that it could be read by others", async () => {
  const progress: string[] = [];
  const workspace = new Workspace({ customInitCode: "import os; print(os.environ['SEER_TEST_TOKEN'])" });
  const session = await startSession({
    secrets: ["SEER_TEST_TOKEN"],
    workspace,
    onProgress: (line) => progress.push(line),
  });
  const isThere = `len(os.environ["SEER_TEST_TOKEN"]) == ${secret.length}`;
  expect((await session.exec(isThere)).result).toBe("True");

  const heard: string[] = [];
  const token = "os.environ['SEER_TEST_TOKEN']";
  const shown = [
    await session.exec(`print(${token})`, { onOutput: (text) => heard.push(text) }),
    await session.exec(token),
    await session.exec(`import sys; print('a', ${token}, file=sys.stderr)`),
    await session.exec(`print(${token}[:9], end='', flush=True); print(${token}[9:])`),
    await session.exec(`os.write(1, ${token}.encode()); None`),
    await session.exec(`import base64; base64.b64encode(b"user:" + ${token}.encode()).decode()`),
    await session.exec(`${token}.encode().hex()`),
  ];
  const pieces: string[] = [];
  const inPieces = `import time\nfor piece in (${token}[:9], ${token}[9:]):\n    print(piece, end="", flush=True); time.sleep(0.1)`;
  await session.exec(inPieces, { onOutput: (text) => pieces.push(text) });
  expect(pieces.join("")).toBe("***");
  const errors = [
    await session.exec(`raise ValueError(${token})`).catch((error: unknown) => error),
    await session.exec(`print(${token}); os._exit(1)`).catch((error: unknown) => error),
  ];
  const everything = JSON.stringify([shown, heard, progress, errors.map(inspected)]);
  expect(everything).toContain("<SEER_TEST_TOKEN>");
  expect(everything).not.toContain(secret);
  expect(everything).not.toContain(Buffer.from(secret).toString("hex"));
  // Of the base64 of "user:" and the secret, what depends on the secret alone.
  expect(everything).not.toContain(Buffer.from(`user:${secret}`).toString("base64").slice(8, -4));
  for (const name of await readdir(session.workspaceDir, { recursive: true })) {
    const content = await readFile(join(session.workspaceDir, name), "utf8").catch(() => "");
    expect(content).not.toContain(secret);
  }
});

function inspected(error: unknown): unknown {
  const { message, stack, traceback, output, hint } = error as Record<string, unknown>;
  return { message, stack, traceback, output, hint };
}

test("secrets come from `.env` too; one that is missing is an error that names it", async () => {
  const working = vi.spyOn(process, "cwd").mockReturnValue(scratch);
  try {
    await writeFile(join(scratch, ".env"), "SEER_TEST_OTHER=from-a-file\n");
    const session = await startSession({ secrets: ["SEER_TEST_OTHER"] });
    expect((await session.exec("import os; len(os.environ['SEER_TEST_OTHER'])")).result).toBe("11");
    await expect(startSession({ secrets: ["SEER_TEST_NOWHERE"] })).rejects.toMatchObject({
      code: "environment/secret-missing",
      message: expect.stringContaining("SEER_TEST_NOWHERE"),
    });
  } finally {
    working.mockRestore();
  }
});

test("a variable that is given twice is an error", async () => {
  const started = startSession({ secrets: ["SEER_TEST_TOKEN"], env: { SEER_TEST_TOKEN: "x" } });
  await expect(started).rejects.toThrow("SEER_TEST_TOKEN is in both `secrets` and `env`");
});

import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { findIsolation } from "@seer/rpc/launch";
import { expect, test } from "vitest";
import { temporaryDirectory } from "./session-fixture.ts";

const isolation = await findIsolation();
const python = process.env.SEER_PYTHON ?? "/usr/bin/python3";

test.skipIf(isolation.kind === "none")(
  "code reaches neither a directory that the owner inherited nor the user's keys",
  async () => {
    const directory = openSync("/", "r");
    try {
      const { said } = await startSession({ isolate: "auto", inherited: directory });
      expect(said.result).toBe("{'directories': [], 'keyctl': -1}");
    } finally {
      closeSync(directory);
    }
  },
);

test("`bubblewrap` refuses to start where it does not work", async () => {
  const empty = await temporaryDirectory();
  const { said } = await startSession({ isolate: "bubblewrap", env: { PATH: empty, SEER_PYTHON: python } });
  expect(said).toEqual({
    code: "execution/isolation-unavailable",
    message: '`isolate` is "bubblewrap", but bubblewrap does not work: bubblewrap is not installed',
  });
});

test("`auto` without isolation warns on standard error when nobody listens for progress", async () => {
  const empty = await temporaryDirectory();
  const { said, stderr } = await startSession({ isolate: "auto", env: { PATH: empty, SEER_PYTHON: python } });
  expect(said.result).toContain("keyctl");
  expect(stderr).toContain("the session is not isolated (bubblewrap is not installed)");
});

interface StartOptions {
  isolate: string;
  env?: Record<string, string>;
  /** A descriptor that the program inherits. */
  inherited?: number;
}

/** Starts a session in a program of its own, since a program finds out once whether bubblewrap works. */
async function startSession({ isolate, env = {}, inherited }: StartOptions) {
  const program = fileURLToPath(import.meta.resolve("./isolation.fixture.ts"));
  const owner = spawn(process.execPath, [program, await temporaryDirectory(), isolate], {
    env: { ...process.env, ...env },
    // Node itself does not pass on the first descriptors that it inherits.
    stdio: [
      "ignore",
      "pipe",
      "pipe",
      ...Array.from({ length: 37 }, () => "ignore" as const),
      inherited ?? "ignore",
    ],
  });
  const [stdout, stderr] = await Promise.all([
    text(owner.stdout as NodeJS.ReadableStream & AsyncIterable<Buffer>),
    text(owner.stderr as NodeJS.ReadableStream & AsyncIterable<Buffer>),
  ]);
  return { said: JSON.parse(stdout) as { result?: string; code?: string; message?: string }, stderr };
}

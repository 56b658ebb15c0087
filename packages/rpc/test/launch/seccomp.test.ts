import { fileURLToPath } from "node:url";
import { runProgram } from "@seer/config";
import { expect, test } from "vitest";
import { bubblewrapArguments, findIsolation, systemCallFilter } from "../../src/launch/index.ts";
import { clone, deniedSystemCalls, socket } from "../../src/launch/seccomp/denied-system-calls.ts";
import { seccompFilter } from "../../src/launch/seccomp/seccomp-filter.ts";

const isolation = await findIsolation();
const filter = isolation.kind === "none" ? undefined : systemCallFilter(isolation);

test.skipIf(filter === undefined)(
  "no denied system call and no key is within reach of a sandbox",
  async () => {
    const directory = fileURLToPath(new URL(".", import.meta.url));
    const architecture = process.arch as "x64" | "arm64";
    const numbers = Object.fromEntries(
      Object.entries({ ...deniedSystemCalls, clone, socket }).flatMap(([name, call]) =>
        call[architecture] === undefined ? [] : [[name, call[architecture]]],
      ),
    );
    const view = bubblewrapArguments({
      readOnly: [[directory, "/probe"]],
      workingDirectory: "/tmp",
      network: true,
      dieWithParent: true,
      seccompDescriptor: 3,
    });
    const { stdout } = await runProgram("bwrap", [...view, "--", "python3", "/probe/system-calls.py"], {
      env: { PATH: process.env.PATH, NUMBERS: JSON.stringify(numbers) },
      inputs: [filter as Buffer],
      timeoutMs: 60_000,
    });
    const {
      fork,
      clone3,
      "x32 getpid": x32,
      "/proc/keys": keys,
      "/proc/key-users": users,
      ...denied
    } = JSON.parse(stdout) as Record<string, string>;
    expect(fork).toBe("allowed");
    expect(clone3).toBe("Function not implemented");
    expect(x32).toBe(architecture === "x64" ? "Function not implemented" : undefined);
    expect([keys, users]).toEqual(["", ""]);
    expect(Object.keys(denied).length).toBeGreaterThan(35);
    expect(new Set(Object.values(denied))).toEqual(new Set(["Operation not permitted"]));
  },
);

test("an unknown architecture has no filter, and says so", () => {
  expect(seccompFilter("riscv64")).toBeUndefined();
  const lacks = [{ wall: "system-calls", reason: "none here" }] as const;
  expect(systemCallFilter({ lacks })).toBeUndefined();
});

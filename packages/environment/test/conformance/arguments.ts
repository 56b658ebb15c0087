import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SandboxConfigInput } from "@seer/config";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Sandbox } from "../../src/index.ts";
import { errorOf, temporaryDirectory } from "../support/home.ts";

type Use = (sandbox: Sandbox) => Promise<unknown>;

const nul = "a\0b";
const lone = "a\ud800b";
// What types refuse reaches it from JavaScript.
const wrong = (value: unknown) => value as never;

const refused: readonly (readonly [what: string, use: Use, says: RegExp])[] = [
  [
    "NUL in a shell command",
    (s) => s.exec(`echo ${nul}`),
    /`command` contains a NUL character at position 6/,
  ],
  ["NUL in a long shell command", (s) => s.exec(`${"x".repeat(200_000)}\0`), /`command` .* NUL/],
  [
    "NUL in an argument",
    (s) => s.run(["echo", nul]),
    /`command\[1\]` contains a NUL character at position 1/,
  ],
  ["NUL in code", (s) => s.execPython(`print('${nul}')`), /`code` contains a NUL character/],
  ["NUL in a variable", (s) => s.exec("true", { env: { X: nul } }), /`env\["X"\]` contains a NUL/],
  ["NUL in a variable's name", (s) => s.exec("true", { env: { [nul]: "x" } }), /`env` contains a NUL/],
  ["NUL in cwd", (s) => s.exec("true", { cwd: nul }), /`cwd` contains a NUL/],
  ["NUL in a path to read", (s) => s.readFile(nul), /`path` contains a NUL/],
  ["NUL in a path to write", (s) => s.writeFile(nul, "x"), /`path` contains a NUL/],
  ["NUL in a directory", (s) => s.ensureDir(nul), /`path` contains a NUL/],
  ["NUL in a local path", (s) => s.uploadFile(nul), /`localPath` contains a NUL/],
  ["NUL in a path to upload to", (s) => s.uploadFile(import.meta.filename, nul), /`sandboxPath` contains/],
  ["half a character in a command", (s) => s.exec(`echo ${lone}`), /`command` contains a lone surrogate.* 6/],
  ["half a character in an argument", (s) => s.run(["echo", lone]), /`command\[1\]` .* lone surrogate/],
  ["half a character in code", (s) => s.execPython(lone), /`code` contains a lone surrogate/],
  ["half a character in stdin", (s) => s.run(["cat"], { stdin: lone }), /`stdin` contains a lone surrogate/],
  ["half a character in a file", (s) => s.writeFile("x", lone), /`content` contains a lone surrogate/],
  ["half a character in a path", (s) => s.readFile(lone), /`path` contains a lone surrogate/],
  ["half a character in a variable", (s) => s.run(["env"], { env: { X: lone } }), /`env\["X"\]` .* lone/],
  ["`=` in a variable's name", (s) => s.exec("true", { env: { "X=Y": "1" } }), /variable name "X=Y"/],
  ["a variable without a name", (s) => s.exec("true", { env: { "": "1" } }), /variable name ""/],
  ["a variable that is null", (s) => s.exec("true", { env: { X: wrong(null) } }), /`env\["X"\]` is null/],
  ["a list of variables", (s) => s.exec("true", { env: wrong(["X=1"]) }), /`env` is a list/],
  ["no program", (s) => s.run([]), /`command` is an empty list/],
  ["an empty program", (s) => s.run([""]), /`command\[0\]` is empty/],
  ["a number as an argument", (s) => s.run(wrong(["echo", 5])), /`command\[1\]` is 5/],
  ["no command", (s) => s.exec(wrong(undefined)), /`command` is undefined/],
  ["a list of commands", (s) => s.execPython(wrong(["1"])), /`code` is a list/],
  ["an empty path", (s) => s.readFile(""), /`path` is empty/],
  ["a path that is a number", (s) => s.writeFile(wrong(5), "x"), /`path` is 5/],
  ["content that is an object", (s) => s.writeFile("x", wrong({})), /`content` is of type object/],
  ["a time below zero", (s) => s.exec("true", { timeoutMs: -1 }), /`timeoutMs` is -1/],
  ["a time that is no number", (s) => s.run(["true"], { timeoutMs: Number.NaN }), /`timeoutMs` is NaN/],
  [
    "an argument over 128 KiB",
    (s) => s.run(["echo", "x".repeat(200_000)]),
    /item 1 of the command has 200000 bytes/,
  ],
  [
    "a variable over 128 KiB",
    (s) => s.exec("true", { env: { LONG: "x".repeat(200_000) } }),
    /the variable LONG has/,
  ],
  [
    "too many arguments",
    (s) => s.run(["echo", ...Array(70).fill("x".repeat(100_000))]),
    /more than the system allows/,
  ],
  ["a command over 16 MiB", (s) => s.exec(`: ${"x".repeat(17_000_000)}`), /the maximum is 16777216/],
];

const missing: readonly (readonly [what: string, use: Use, says: RegExp])[] = [
  [
    "a cwd that is not there",
    (s) => s.exec("true", { cwd: "/no/such" }),
    /The working directory .*\/no\/such does not exist/,
  ],
  [
    "a cwd that is a file",
    (s) => s.run(["true"], { cwd: "/etc/passwd" }),
    /\/etc\/passwd is not a directory/,
  ],
  ["a program that is not there", (s) => s.run(["no-such-program"]), /no-such-program is not installed/],
  ["a file that is no program", (s) => s.run(["/etc/passwd"]), /\/etc\/passwd is not executable/],
  ["a name that is too long", (s) => s.writeFile("x".repeat(300), "x"), /File name too long/],
];

/** What cannot be run, read or written is said, and the sandbox lives on. */
export function describeArguments(
  machine: SandboxConfigInput,
  isolation: "bubblewrap" | "none" | "auto" = "auto",
): void {
  describe(`arguments, with isolation ${isolation}`, () => {
    let sandbox: Sandbox;

    beforeAll(async () => {
      sandbox = await new Sandbox({ ...machine, executionMode: "cli" }, { isolation }).start();
    });
    afterAll(() => sandbox?.terminate());

    test.each(refused)("%s", async (_, use, says) => {
      const error = await errorOf(use(sandbox));
      expect(error).toMatchObject({ code: "environment/invalid-argument" });
      expect(error.message).toMatch(says);
      expect(await sandbox.exec("echo ok")).toBe("ok\n");
    });

    test.each(missing)("%s", async (_, use, says) => {
      const error = await errorOf(use(sandbox));
      expect(error).toMatchObject({ code: "environment/file-failed" });
      expect(error.message).toMatch(says);
      expect(await sandbox.exec("echo ok")).toBe("ok\n");
    });

    test("a script of any length runs, as a short one does", async () => {
      const text = "ä".repeat(1_500_000);
      const script = `cat > big.txt <<'END'\n${text}\nEND\nwc -c < big.txt; echo $# $0 "$PWD" $GREETING`;
      const end = `0 bash ${(await sandbox.exec("pwd")).trim()} hello\n`;
      expect(await sandbox.exec(script, { env: { GREETING: "hello" } })).toBe(`3000001\n${end}`);
      const streams = await sandbox.run(`: ${text}\ncat; echo err >&2; exit 3`, { stdin: "in" });
      expect(streams).toEqual({ exitCode: 3, stdout: "in", stderr: "err\n" });
    });

    test("Python code of any length runs", async () => {
      expect(await sandbox.execPython(`print(len("${"x".repeat(3_000_000)}"))`)).toBe("3000000\n");
    });

    test("NUL goes through standard input and files", async () => {
      expect((await sandbox.run(["cat"], { stdin: nul })).stdout).toBe(nul);
      await sandbox.writeFile("nul", nul);
      expect(Buffer.from(await sandbox.readFile("nul")).toString()).toBe(nul);
    });

    test("a time longer than a timer can wait is no time at all", async () => {
      expect(await sandbox.exec("sleep 0.1; echo ok", { timeoutMs: 2 ** 40 })).toBe("ok\n");
    });

    test("a file whose name is no UTF-8 is said, and not left out", async () => {
      const folder = await temporaryDirectory();
      await writeFile(Buffer.concat([Buffer.from(join(folder, "bad-")), Buffer.from([0xff])]), "x");
      const config = {
        ...machine,
        executionMode: "cli" as const,
        localDirs: [[folder, "dir"]] as [string, string][],
      };
      const error = await errorOf(new Sandbox(config, { isolation }).start());
      expect(error).toMatchObject({ code: "config/unreadable" });
      expect(error.message).toContain("bad-");
    });
  });
}

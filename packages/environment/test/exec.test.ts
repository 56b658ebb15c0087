import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ExecError, Sandbox } from "../src/index.ts";
import { errorOf, isolations, useOwnHome } from "./support/home.ts";

useOwnHome();

describe.each(isolations)("with isolation %s", (isolation) => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await new Sandbox({ executionMode: "cli", env: { GREETING: "hello" } }, { isolation }).start();
  });
  afterAll(() => sandbox.terminate());

  test("exec returns stdout and stderr together, in the order of writing", async () => {
    expect(await sandbox.exec("echo one; echo two >&2; echo three")).toBe("one\ntwo\nthree\n");
  });

  test("exec rejects when the command fails, with what it printed", async () => {
    const error = await errorOf(sandbox.exec("echo before; ls /no/such/place"));
    expect(error).toBeInstanceOf(ExecError);
    expect(error).toMatchObject({ code: "environment/exec-failed", exitCode: 2 });
    expect(error.message).toMatch(/`echo before; ls .*` failed with exit code 2:\nbefore\nls: cannot access/);
  });

  test("run keeps the streams apart, streams them, and gives any exit code", async () => {
    const seen: string[] = [];
    const result = await sandbox.run("echo out; echo err >&2; exit 7", {
      onStdout: (text) => seen.push(`out:${text}`),
      onStderr: (text) => seen.push(`err:${text}`),
    });
    expect(result).toEqual({ exitCode: 7, stdout: "out\n", stderr: "err\n" });
    expect(seen.toSorted()).toEqual(["err:err\n", "out:out\n"]);
  });

  test("of an output that goes on and on, the beginning is kept", async () => {
    let streamed = 0;
    const onStdout = (text: string) => {
      streamed += text.length;
    };
    const { stdout } = await sandbox.run("head -c 40000000 /dev/zero | tr '\\0' x", { onStdout });
    expect(stdout).toMatch(/^x+\n\[\.\.\. 23222784 more characters omitted \.\.\.\]\n$/);
    expect(streamed).toBe(40_000_000);
  });

  test("run takes a program with its arguments, without a shell", async () => {
    const { stdout } = await sandbox.run(["printf", "%s|", "$HOME", "a b", "*"]);
    expect(stdout).toBe("$HOME|a b|*|");
  });

  test("run feeds standard input, however long, and text survives being cut", async () => {
    const text = "ä€😀".repeat(100_000);
    expect((await sandbox.run(["cat"], { stdin: text })).stdout).toBe(text);
  });

  test("a signal is an exit code below zero", async () => {
    expect((await sandbox.run("kill -TERM $$")).exitCode).toBe(-15);
    expect((await errorOf(sandbox.exec("kill -KILL $$"))).message).toContain("was ended by SIGKILL");
  });

  test("execPython runs in the sandbox's own environment", async () => {
    const code = "import os, sys\nprint(sys.prefix != sys.base_prefix, os.environ['GREETING'])";
    expect(await sandbox.execPython(code)).toBe("True hello\n");
    const error = await errorOf(sandbox.execPython("print('so far')\n1 / 0"));
    expect(error.message).toMatch(/so far\nTraceback .*\n.*\nZeroDivisionError/);
  });

  test("env is added, cwd is a path as the sandbox calls it", async () => {
    await sandbox.ensureDir("/workspace/sub/dir");
    const options = { env: { NAME: "you" }, cwd: "/workspace/sub/dir" };
    expect(await sandbox.exec('echo $GREETING $NAME; basename "$PWD"', options)).toBe("hello you\ndir\n");
    expect(await sandbox.exec("basename $(pwd)")).toBe("workspace\n");
  });

  test("timeoutMs ends the command with all that it started", async () => {
    // Told apart from everybody else's by how long it sleeps.
    const seconds = 60 + Math.random();
    const command = `echo begun; sleep ${seconds} & sleep ${seconds}`;
    const error = await errorOf(sandbox.exec(command, { timeoutMs: 300 }));
    expect(error).toMatchObject({ code: "environment/exec-timeout", exitCode: undefined, stdout: "begun\n" });
    expect(await sandbox.exec(`pgrep -fx 'sleep ${seconds}' || echo none`)).toBe("none\n");
  });

  test("a signal aborts a command, before it and during it", async () => {
    const reason = new Error("enough");
    await expect(sandbox.exec("true", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const running = sandbox.run("echo begun; sleep 60", {
      signal: controller.signal,
      onStdout: () => controller.abort(reason),
    });
    await expect(running).rejects.toBe(reason);
  });

  test("a program that is not there is named", async () => {
    const error = await errorOf(sandbox.run(["no-such-program"]));
    expect(error.message).toContain("no-such-program");
  });

  test("many commands run at once", async () => {
    const outputs = await Promise.all(
      Array.from({ length: 20 }, (_, i) => sandbox.exec(`sleep 0.1; echo ${i}`)),
    );
    expect(outputs).toEqual(Array.from({ length: 20 }, (_, i) => `${i}\n`));
  });
});

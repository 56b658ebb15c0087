import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { Library, Workspace } from "@seer/workspace";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { EnvironmentError, Sandbox, ScopedSandbox } from "../../src/index.ts";
import { errorOf, temporaryDirectory, useOwnHome } from "../support/home.ts";
import { startModal } from "../support/modal-session.ts";

useOwnHome();
const secret = "sk-DoNotShowThisToAnybody";
let emulator: ModalEmulator;

/** CPU and GPU sandboxes are made through different calls of Modal's. */
const machines = [
  { version: 2, config: {} },
  { version: 1, config: { gpu: "A100", gpuCount: 2 } },
] as const;

const config = { backend: "modal", executionMode: "cli" } as const;

describe.skipIf((await emulationObstacle()) !== undefined)("a sandbox on Modal", () => {
  beforeAll(async () => {
    vi.stubEnv("SEER_TEST_TOKEN", secret);
    ({ emulator } = await startModal());
  });
  afterAll(() => vi.unstubAllEnvs());

  describe.each(machines)("of version $version", ({ version, config: machine }) => {
    let sandbox: Sandbox;
    let directory: string;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      await writeFile(join(directory, "notes.txt"), "notes");
      sandbox = await new Sandbox({
        ...config,
        ...machine,
        env: { GREETING: "hello" },
        secrets: ["SEER_TEST_TOKEN"],
        timeoutMs: 1_000_500,
        localFiles: [[join(directory, "notes.txt"), "./"]],
        localDirs: [[directory, "data"]],
      }).start({ name: `version-${version}` });
    });
    afterAll(() => sandbox.terminate());

    const info = (id = sandbox.sandboxId) => {
      const found = emulator.sandboxes().find((one) => one.id === id);
      if (found === undefined) throw new Error(`Modal has no ${id}`);
      return found;
    };

    test("/root can be written to", async () => {
      await sandbox.writeFile("/root/results/a.txt", "written");
      await sandbox.uploadFile(join(directory, "notes.txt"), "/root/");
      await sandbox.exec("echo shell > /root/b.txt; cp /root/notes.txt /root/results/");
      await sandbox.execPython("open('/root/c.txt', 'w').write('python')");
      expect(await sandbox.exec("cd /root; cat results/a.txt results/notes.txt b.txt c.txt")).toBe(
        "writtennotesshell\npython",
      );
    });

    test("runs commands and Python, with what was put into it", async () => {
      expect(await sandbox.exec("echo $GREETING; pwd; cat notes.txt data/notes.txt")).toBe(
        "hello\n/workspace\nnotesnotes",
      );
      expect(await sandbox.execPython("import sys; print(sys.prefix)")).toBe("/opt/seer/python\n");
      const result = await sandbox.run("cat; echo err >&2; exit 3", {
        stdin: "in",
        cwd: "/tmp",
        env: { A: "1" },
      });
      expect(result).toMatchObject({ exitCode: 3, stdout: "in", stderr: "err\n" });
      expect(await errorOf(sandbox.exec("exit 4"))).toMatchObject({
        code: "environment/exec-failed",
        exitCode: 4,
      });
    });

    test("is the machine that was asked for", () => {
      expect(info()).toMatchObject({
        version,
        name: `version-${version}`,
        definition: version === 1 ? { gpu: { type: "A100", count: 2 } } : {},
      });
      // Whole seconds, and half a minute for its first process to end it itself.
      expect(info().definition.timeoutMs).toBe(1_031_000);
      expect(sandbox.modalSandbox?.sandboxId).toBe(sandbox.sandboxId);
      expect(sandbox.isolation).toEqual({ kind: "remote" });
    });

    test("carries large files and streams", async () => {
      const bytes = randomBytes(8 * 1024 * 1024);
      await sandbox.writeFile("deep/er/large.bin", bytes);
      expect(Buffer.compare(await sandbox.readFile("/workspace/deep/er/large.bin"), bytes)).toBe(0);
      let streamed = 0;
      await sandbox.run("cat deep/er/large.bin; echo end >&2", {
        onStdout: (text) => (streamed += text.length),
      });
      expect(streamed).toBeGreaterThan(1024 * 1024);
      await writeFile(join(directory, "program"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
      await sandbox.uploadFile(join(directory, "program"));
      expect(await sandbox.exec("./program")).toBe("ran\n");
      expect(await errorOf(sandbox.readFile("nothing"))).toMatchObject({ code: "environment/file-failed" });
    });

    test("takes many files through one connection", async () => {
      const folder = await temporaryDirectory();
      for (let index = 0; index < 100; index++) await writeFile(join(folder, `${index}.txt`), `${index}`);
      const commands = () => emulator.calls().filter(({ method }) => method === "TaskExecStart").length;
      const before = commands();
      const localDirs: [string, string][] = [[folder, "many"]];
      await using filled = await new Sandbox({ ...config, ...machine, localDirs }).start();
      expect(commands() - before).toBeLessThan(10);
      expect(await filled.exec("ls many | wc -l; cat many/99.txt")).toBe("100\n99");
    });

    test("ends commands with all that they started", async () => {
      const late = sandbox.exec("sleep 997 & sleep 998", { timeoutMs: 300 });
      expect(await errorOf(late)).toMatchObject({ code: "environment/exec-timeout" });
      const abort = new AbortController();
      const aborted = sandbox.exec("sleep 999", { signal: abort.signal });
      setTimeout(() => abort.abort(new Error("on purpose")), 200);
      await expect(aborted).rejects.toThrow("on purpose");
      await expect.poll(() => sandbox.exec("grep -alz '^99[789]$' /proc/[0-9]*/cmdline || true")).toBe("");
      expect(await sandbox.run("kill -9 $$")).toMatchObject({ exitCode: -9 });
    });

    test("knows its secrets, which are nowhere else", async () => {
      expect(await sandbox.exec("printenv SEER_TEST_TOKEN")).toBe(`${secret}\n`);
      const { definition, tags } = info();
      expect(JSON.stringify({ tags, command: definition.command })).not.toContain(secret);
      expect(JSON.stringify(emulator.images())).not.toContain(secret);
      expect(await sandbox.exec("cat /opt/seer/run/state.json")).not.toContain(secret);
      expect(await sandbox.exec("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).not.toContain(secret);
      expect(await sandbox.exec("stat -c %a /opt/seer/run")).toBe("700\n");
    });

    test("is listed, and found by its ID and its name", async () => {
      const listed = (await Sandbox.list()).find(({ id }) => id === sandbox.sandboxId);
      expect(listed).toMatchObject({
        name: `version-${version}`,
        backend: "modal",
        kind: "sandbox",
        state: "running",
        isolation: "remote",
        gpu: version === 1 ? "A100" : null,
        gpuCount: version === 1 ? 2 : 1,
        ownerPid: process.pid,
        ownerAlive: true,
      });
      for (const name of [sandbox.sandboxId, `version-${version}`]) {
        await using again = await Sandbox.fromId(name);
        expect(again.sandboxId).toBe(sandbox.sandboxId);
        expect(await again.exec("cat notes.txt")).toBe("notes");
      }
      // Letting go of it is not its end.
      expect(await sandbox.exec("echo still")).toBe("still\n");
    });

    test("has a name that no other has meanwhile", async () => {
      const before = emulator.sandboxes().length;
      const error = await errorOf(
        new Sandbox({ ...config, ...machine }).start({ name: `version-${version}` }),
      );
      expect(error.code).toBe("environment/name-taken");
      expect(emulator.sandboxes().length).toBe(before);
    });

    test("is gone after terminate, and says so", async () => {
      const short = await new Sandbox({ ...config, ...machine }).start();
      await Promise.all([short.terminate(), short.terminate()]);
      expect(info(short.sandboxId).state).toBe("finished");
      const error = await errorOf(short.exec("true"));
      expect(error).toMatchObject({ code: "environment/ended" });
      expect(error.message).toContain("it was terminated");
      expect(await errorOf(Sandbox.fromId(short.sandboxId))).toMatchObject({ code: "environment/not-found" });
      expect((await Sandbox.list()).map(({ id }) => id)).not.toContain(short.sandboxId);
    });

    test("ends at its time limit and reports the reason", async () => {
      const short = await new Sandbox({ ...config, ...machine, timeoutMs: 3000 }).start();
      await expect.poll(() => info(short.sandboxId).state).toBe("finished");
      expect((await errorOf(short.exec("true"))).message).toContain("time limit, `timeoutMs`");
    });
  });

  test("the workspace of a scoped one is installed", async () => {
    const workspace = new Workspace({
      libraries: [Library.fromCode("def twice(n): return 2 * n", { name: "helpers" })],
    });
    await using scoped = await new ScopedSandbox(config).start({ workspace });
    expect(await scoped.execPython("import helpers; print(helpers.twice(21))")).toBe("42\n");
  });

  test("more than a day is refused before anything is asked for", async () => {
    const calls = emulator.calls().length;
    const error = await errorOf(new Sandbox({ ...config, timeoutMs: 25 * 3600_000 }).start());
    expect(error).toMatchObject({ code: "environment/unsupported" });
    expect(error.message).toContain("24 hours");
    expect(emulator.calls().length).toBe(calls);
    expect(EnvironmentError.isInstance(error)).toBe(true);
  });
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  modelConfigSchema,
  repoConfigSchema,
  type SandboxConfigInput,
  sandboxConfigSchema,
} from "@seer/config";
import { RpcClient } from "@seer/rpc";
import { Library, Workspace } from "@seer/workspace";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Sandbox, ScopedSandbox } from "../../src/index.ts";
import { errorOf, temporaryDirectory } from "../support/home.ts";
import { Kernel } from "../support/kernel.ts";
import { Progress } from "../support/stopped.ts";
import { surfacesOf } from "../support/surfaces.ts";
import { noteUse, type Use } from "./used.ts";
import type { World } from "./world.ts";

/** A backend, and what is different on it. */
export interface Place {
  readonly title: string;
  readonly machine: SandboxConfigInput;
  readonly isolation: string;
  /** Whether the network can be cut off here. */
  readonly cutsNetwork: boolean;
  /** How the URLs of what runs in a sandbox begin. */
  readonly urls: RegExp;
  /** What commands see of the GPUs. */
  readonly visibleGpus: string;
  readonly hasNative: boolean;
  /** A port on which an interface can be served. */
  readonly port: number;
}

const secret = "sk-DoNotShowThisToAnybody";
const interfaceFile = join(import.meta.dirname, "..", "fixtures", "conformance", "interface.py");

/** Every method, property and field of the reference, as one program for all backends. */
export function describeReference(place: Place, world: () => World): void {
  describe(place.title, () => {
    const { machine } = place;
    const { backend = "local", gpu = null, gpuCount = 1 } = machine;
    const small = { ...machine, executionMode: "cli" } as const satisfies SandboxConfigInput;
    const progress: string[] = [];
    const onProgress = (line: string) => progress.push(line);
    let use: Use;
    let rich: SandboxConfigInput;
    let sandbox: Sandbox;

    beforeAll(async () => {
      use = noteUse(Sandbox, ScopedSandbox);
      vi.stubEnv("SEER_TEST_TOKEN", secret);
      rich = richConfig(machine, world());
      sandbox = await new Sandbox(rich, { onProgress, isolation: "auto" }).start({ name: "rich" });
    });
    afterAll(async () => {
      await sandbox?.terminate();
      use[Symbol.dispose]();
    });

    describe("SandboxConfig", () => {
      test("pythonVersion, pythonPackages, systemPackages", async () => {
        const { pythonVersion } = world();
        const code = "import sys, seer_tiny; print('%d.%d' % sys.version_info[:2], seer_tiny.__version__)";
        expect(await sandbox.execPython(code)).toBe(`${pythonVersion} 1.0\n`);
        expect(await sandbox.exec("command -v bash")).toMatch(/bash\n$/);
      });

      test("env, secrets", async () => {
        expect(await sandbox.exec("echo $GREETING $SEER_TEST_TOKEN")).toBe(`hello ${secret}\n`);
        expect(progress.join("\n")).not.toContain(secret);
      });

      test("localFiles, localDirs", async () => {
        expect(await sandbox.exec("cat notes.txt data/nested/numbers.txt")).toBe("notes1 2 3");
      });

      test("gpu, gpuCount", async () => {
        expect(await sandbox.exec("printf %s $CUDA_VISIBLE_DEVICES")).toBe(place.visibleGpus);
        const listed = (await Sandbox.list()).find(({ name }) => name === "rich");
        expect(listed).toMatchObject({ gpu, gpuCount });
        const wrong = await errorOf(new Sandbox({ ...small, gpu: "A10O" }).start());
        expect(wrong).toMatchObject({ code: "environment/gpu-unknown" });
        expect(`${wrong.message} ${wrong.hint}`).toMatch(/A10G|A100/);
      });

      test("executionMode, jupyterUrl", async () => {
        const url = new URL(sandbox.jupyterUrl ?? "");
        expect(url.href).toMatch(place.urls);
        expect((await fetch(new URL(`/api/kernels${url.search}`, url))).status).toBe(200);
        expect((await fetch(new URL("/api/kernels", url))).status).toBe(403);
        await using kernel = await Kernel.start(url.href);
        expect(await kernel.execute("import os; print(os.environ['GREETING'])")).toBe("hello\n");
      });

      test("egress, which is open unless it is cut off", async () => {
        const code = `import urllib.request; print(urllib.request.urlopen("${world().page}").status)`;
        expect(await sandbox.execPython(code)).toBe("200\n");
      });

      test("debug, codeServerUrl, codeServerPassword", async () => {
        const { codeServerUrl = "", codeServerPassword = "" } = sandbox;
        expect(codeServerUrl).toMatch(place.urls);
        const login = async (password: string) => {
          const body = new URLSearchParams({ password });
          return (await fetch(`${codeServerUrl}/login`, { method: "POST", body, redirect: "manual" })).status;
        };
        expect([await login("wrong"), await login(codeServerPassword)]).toEqual([200, 302]);
      });

      test("dockerInDocker", async () => {
        expect(await sandbox.exec("docker version")).toBe("27.1.1\n");
      });

      test("timeoutMs, idle", async () => {
        const stops = new Progress();
        const [short, idle] = await Promise.all([
          new Sandbox({ ...small, timeoutMs: 4000 }).start(),
          new Sandbox({ ...small, idle: { afterMs: 1000, action: "snapshot" } }, stops).start({
            name: "idle",
          }),
        ]);
        await using _idle = idle;
        await idle.writeFile("note", "kept");
        const state = async () => (await Sandbox.list()).find(({ name }) => name === "idle")?.state;
        await expect.poll(state, { timeout: 20_000, interval: 200 }).toBe("stopped");
        expect(await idle.exec("cat note")).toBe("kept");
        const error = await errorOf(short.exec("sleep 60"));
        expect(error).toMatchObject({ code: "environment/ended" });
        expect(error.message).toContain("time limit, `timeoutMs`");
      });

      test("budgetUsd", async () => {
        // It would not live for a minute.
        const error = await errorOf(new Sandbox({ ...small, budgetUsd: 10 }).start());
        expect(error).toMatchObject({ code: "environment/budget-exceeded" });
        expect(progress.join("\n")).toContain("about $3600.00 an hour");
      });

      test("backend", async () => {
        vi.stubEnv("SEER_BACKEND", backend);
        const { backend: _, ...rest } = small;
        await using other = await new Sandbox(rest).start();
        vi.stubEnv("SEER_BACKEND", undefined);
        const listed = (await Sandbox.list()).find(({ id }) => id === other.sandboxId);
        expect(listed?.backend).toBe(backend);
        // `executionMode: "cli"` and no `debug`.
        expect([other.jupyterUrl, other.codeServerUrl, other.codeServerPassword]).toEqual([
          undefined,
          undefined,
          undefined,
        ]);
      });
    });

    test("ModelConfig, modelHandles", async () => {
      const [gemma, subject, tiny, standIn] = sandbox.modelHandles;
      expect(gemma).toMatchObject({ name: "lab/gemma", varName: "model", hidden: false, isPeft: false });
      expect(gemma?.revision).toMatch(/^[0-9a-f]{40}$/);
      expect(subject).toMatchObject({ name: "subject", hidden: true, isPeft: true, loadAsPeft: true });
      expect(subject?.revision).toBeUndefined();
      expect(tiny).toMatchObject({ name: "tiny", varName: "tiny" });
      expect(standIn).toMatchObject({ name: "lab/absent", isPeft: false, loadAsPeft: true });
      expect(await sandbox.exec("printf $MODEL_LAB_ABSENT_PATH")).toBe(standIn?.path);
      const config = await sandbox.exec("cat $MODEL_LAB_GEMMA_PATH/config.json");
      // As at the tag, and not what came after it.
      expect(JSON.parse(config)).toEqual({ _name_or_path: "lab/gemma" });
      for (const directory of [gemma?.path, subject?.basePath, tiny?.path, standIn?.path]) {
        const size = await sandbox.exec(`stat -Lc %s ${directory}/model.safetensors`);
        expect(Number(size)).toBe(world().weights.length);
      }
      const adapter = JSON.parse(await sandbox.exec("cat $MODEL_SUBJECT_PATH/adapter_config.json"));
      expect(adapter.base_model_name_or_path).toBe(subject?.basePath);
      const traces = `env; cat /proc/self/mountinfo; ls -R ${subject?.path} ${subject?.basePath}; grep -ra lab ${subject?.path}`;
      expect((await sandbox.run(traces)).stdout).not.toContain("secret-adapter");
    });

    test("RepoConfig, repoHandles", async () => {
      const { url, commit } = world().repository;
      const image = `seer/circuits:${commit.slice(0, 12)}`;
      expect(sandbox.repoHandles).toEqual([
        { url, commit, path: expect.stringMatching(/\/circuits$/), installed: true, image },
      ]);
      expect(await sandbox.execPython("import circuits; print(circuits.version)", { cwd: "/" })).toBe(
        "first\n",
      );
    });

    describe("Sandbox", () => {
      test("sandboxId, name, isolation, modalSandbox", () => {
        expect(sandbox.sandboxId).toMatch(/^sb-/);
        expect(sandbox.name).toBe("rich");
        expect(sandbox.isolation.kind).toBe(place.isolation);
        expect(sandbox.modalSandbox !== undefined).toBe(place.hasNative);
      });

      test("exec, with its options", async () => {
        expect(await sandbox.exec("echo out; echo err >&2")).toBe("out\nerr\n");
        expect(await sandbox.exec("pwd; echo $A", { cwd: "data/nested", env: { A: "1" } })).toMatch(
          /\/nested\n1\n$/,
        );
        expect(await errorOf(sandbox.exec("echo said; exit 3"))).toMatchObject({
          code: "environment/exec-failed",
          exitCode: 3,
          stdout: "said\n",
        });
        expect(await errorOf(sandbox.exec("sleep 60", { timeoutMs: 200 }))).toMatchObject({
          code: "environment/exec-timeout",
        });
        const reason = new Error("on purpose");
        const late = new AbortController();
        setTimeout(() => late.abort(reason), 100);
        expect(await errorOf(sandbox.exec("sleep 60", { signal: late.signal }))).toBe(reason);
      });

      test("run, with a command line and with arguments", async () => {
        let streamed = "";
        const onStdout = (text: string) => {
          streamed += text;
        };
        expect(
          await sandbox.run("cat; echo err >&2; exit 3", { stdin: "in", onStdout, timeoutMs: 30_000 }),
        ).toEqual({ exitCode: 3, stdout: "in", stderr: "err\n" });
        expect(streamed).toBe("in");
        expect((await sandbox.run(["printf", "%s", "$HOME *"])).stdout).toBe("$HOME *");
      });

      test("execPython", async () => {
        expect(await sandbox.execPython("print(6 * 7)")).toBe("42\n");
        const error = await errorOf(sandbox.execPython("1 / 0"));
        expect(error).toMatchObject({ code: "environment/exec-failed" });
        expect(error.message).toContain("ZeroDivisionError");
      });

      test("writeFile, readFile, ensureDir, uploadFile", async () => {
        await sandbox.ensureDir("/workspace/made/here");
        await sandbox.writeFile("made/here/bytes.bin", Uint8Array.of(0, 1, 255));
        expect(await sandbox.readFile("/workspace/made/here/bytes.bin")).toEqual(Uint8Array.of(0, 1, 255));
        await sandbox.uploadFile(join(world().folder, "half.txt"));
        await sandbox.uploadFile(join(world().folder, "half.txt"), "made/");
        expect(await sandbox.exec("cat half.txt made/half.txt")).toBe("2121");
        expect(await errorOf(sandbox.readFile("nothing"))).toMatchObject({ code: "environment/file-failed" });
        expect(await errorOf(sandbox.uploadFile("nothing"))).toMatchObject({
          code: "environment/local-path-missing",
        });
      });

      test("list, fromId", async () => {
        const listed = (await Sandbox.list()).find(({ name }) => name === "rich");
        expect(listed).toMatchObject({ id: sandbox.sandboxId, backend, kind: "sandbox", state: "running" });
        for (const key of ["rich", sandbox.sandboxId]) {
          await using again = await Sandbox.fromId(key, { onProgress });
          expect(await again.exec("cat notes.txt")).toBe("notes");
          expect(again.modelHandles).toEqual(sandbox.modelHandles);
          expect(again.repoHandles).toEqual(sandbox.repoHandles);
          expect([again.jupyterUrl, again.codeServerUrl]).toEqual([
            sandbox.jupyterUrl,
            sandbox.codeServerUrl,
          ]);
        }
        expect(await errorOf(Sandbox.fromId("nobody"))).toMatchObject({ code: "environment/not-found" });
      });

      test("start with a signal, twice, and under a name that is taken", async () => {
        const reason = new Error("on purpose");
        const aborted = new Sandbox(small).start({ signal: AbortSignal.abort(reason) });
        expect(await errorOf(aborted)).toBe(reason);
        expect(await errorOf(sandbox.start())).toMatchObject({ code: "environment/already-started" });
        const twin = new Sandbox(small).start({ name: "rich" });
        expect(await errorOf(twin)).toMatchObject({ code: "environment/name-taken" });
      });

      test("snapshot, listSnapshots, terminate, fromSnapshot, removeSnapshot", async () => {
        await sandbox.writeFile("later.txt", "first");
        const early = await sandbox.snapshot("early");
        await sandbox.writeFile("later.txt", "second");
        const last = await sandbox.terminate({ saveSnapshot: true, snapshotDescription: "last" });
        expect(await errorOf(sandbox.exec("true"))).toMatchObject({ code: "environment/ended" });
        expect((await Sandbox.listSnapshots()).map(({ description }) => description)).toEqual([
          "early",
          "last",
        ]);
        {
          await using again = await Sandbox.fromSnapshot(last, undefined, { name: "again", onProgress });
          const kept = "cat later.txt notes.txt; echo; echo $GREETING";
          expect(await again.exec(kept)).toBe("secondnotes\nhello\n");
          expect(await again.execPython("import circuits, seer_tiny; print(circuits.version)")).toBe(
            "first\n",
          );
          // Without isolation, every sandbox has paths of its own.
          const models = (all: Sandbox["modelHandles"]) => all.map(({ name, revision }) => [name, revision]);
          expect(models(again.modelHandles)).toEqual(models(sandbox.modelHandles));
          expect(again.jupyterUrl).toMatch(place.urls);
          expect(again.jupyterUrl).not.toBe(sandbox.jupyterUrl);
        }
        {
          await using other = await Sandbox.fromSnapshot(early.id, {
            ...small,
            pythonPackages: [world().laterWheel],
          });
          expect(await other.exec("cat later.txt")).toBe("first");
          expect(await other.execPython("import seer_later; print(seer_later.__version__)")).toBe("1.0\n");
          expect(other.jupyterUrl).toBeUndefined();
        }
        for (const snapshot of [early, last.id]) await Sandbox.removeSnapshot(snapshot);
        expect(await errorOf(Sandbox.fromSnapshot(early))).toMatchObject({
          code: "environment/snapshot-not-found",
        });
      });
    });

    describe("ScopedSandbox", () => {
      let scoped: ScopedSandbox;

      beforeAll(async () => {
        const workspace = new Workspace({
          libraries: [Library.fromCode("def twice(n):\n    return 2 * n\n", { name: "helpers" })],
        });
        scoped = await new ScopedSandbox({ ...machine, egress: !place.cutsNetwork }, { onProgress }).start({
          workspace,
          name: "scoped",
        });
        await scoped.uploadFile(join(world().folder, "half.txt"));
      });
      afterAll(() => scoped?.terminate());

      test("serve as library, mcp and skill, and to the client", async () => {
        await using surfaces = await surfacesOf(scoped, interfaceFile);
        for (const [way, call] of Object.entries(surfaces.ways)) expect(await call("answer"), way).toBe(42);
      });

      test("serve as prompt, served", async () => {
        const prompt = await scoped.serve(interfaceFile, { exposeAs: "prompt", name: "tools" });
        expect(prompt).toContain("Twice what is in the uploaded file.");
        expect(scoped.served.map(({ name, url }) => [name, place.urls.test(url)])).toEqual([["tools", true]]);
      });

      test("egress, cut off", async () => {
        const [served] = scoped.served;
        if (served === undefined) throw new Error("nothing is served");
        await using client = await RpcClient.connect(served);
        const status = await client.call("fetch", { url: world().page });
        expect(status).toBe(place.cutsNetwork ? 0 : 200);
      });

      test("serve with a name, a port and a signal", async () => {
        const { port } = place;
        const aborted = AbortSignal.abort(new Error("on purpose"));
        const other = { exposeAs: "prompt", name: "other" } as const;
        await expect(scoped.serve(interfaceFile, { ...other, signal: aborted })).rejects.toThrow(
          "on purpose",
        );
        await scoped.serve(interfaceFile, { ...other, port });
        expect(scoped.served.map(({ name }) => name)).toEqual(["tools", "other"]);
        const taken = scoped.serve(interfaceFile, { exposeAs: "prompt", name: "third", port });
        expect(await errorOf(taken)).toMatchObject({ code: "environment/port-unavailable" });
      });

      test("serve of what does not load", async () => {
        const broken = join(await temporaryDirectory(), "broken.py");
        await writeFile(broken, "import nothing_like_it\n");
        const error = await errorOf(scoped.serve(broken, { exposeAs: "prompt" }));
        expect(error).toMatchObject({ code: "environment/interface-failed" });
        expect(error.message).toContain("nothing_like_it");
      });

      test("showRpcLogs", async () => {
        const printed = vi.spyOn(console, "log").mockImplementation(() => {});
        const logs = await scoped.showRpcLogs({ lines: 50, name: "tools" });
        expect(printed).toHaveBeenCalledWith(logs);
        printed.mockRestore();
        expect(logs).toContain("loaded");
      });

      test("followRpcLogs, and the interface that is loading meanwhile", async () => {
        const slow = join(await temporaryDirectory(), "slow.py");
        const load =
          "import os, time\nprint('loading it')\nwhile not os.path.exists('go'):\n    time.sleep(0.1)\n";
        await writeFile(slow, `${load}@expose\ndef nothing() -> None:\n    pass\n`);
        const serving = scoped.serve(slow, { exposeAs: "prompt", name: "slow" });
        const listed = async () => (await Sandbox.list()).find(({ name }) => name === "scoped");
        await expect.poll(listed).toMatchObject({ loading: ["slow"] });
        expect((await listed())?.interfaces).toEqual(["tools", "other"]);
        const lines: string[] = [];
        const stop = new AbortController();
        const following = scoped.followRpcLogs({
          lines: 100,
          signal: stop.signal,
          onLine: ({ name, source, text, at }) =>
            lines.push(`${name} ${source} ${text} ${at.getFullYear() > 2000}`),
        });
        await expect.poll(() => lines).toContain("slow worker loading it true");
        await scoped.writeFile("go", "");
        await serving;
        await expect
          .poll(() => lines.join("\n"))
          .toMatch(/slow host loaded .*slow\.py, revision 1: nothing true/);
        expect(await listed()).toMatchObject({ interfaces: ["tools", "other", "slow"], loading: [] });
        stop.abort(new Error("seen enough"));
        await expect(following).rejects.toThrow("seen enough");
        const missing = scoped.followRpcLogs({ name: "absent", onLine: () => {} });
        expect(await errorOf(missing)).toMatchObject({ code: "environment/not-found" });
      });

      test("fromId, with what is served", async () => {
        await using again = await ScopedSandbox.fromId("scoped");
        expect(again.served.map(({ url, token }) => [url, token])).toEqual(
          scoped.served.map(({ url, token }) => [url, token]),
        );
        const listed = (await Sandbox.list()).find(({ name }) => name === "scoped");
        expect(listed).toMatchObject({ kind: "scoped", interfaces: ["tools", "other", "slow"] });
      });

      test("fromSnapshot, where interfaces are served anew", async () => {
        const snapshot = await scoped.terminate({ saveSnapshot: true });
        expect(await scoped.ended).toMatchObject({
          code: "environment/ended",
          message: expect.stringContaining("terminated"),
        });
        await using again = await ScopedSandbox.fromSnapshot(snapshot);
        expect(again.served).toEqual([]);
        await again.serve(interfaceFile, { exposeAs: "prompt" });
        const [served] = again.served;
        if (served === undefined) throw new Error("nothing is served");
        await using client = await RpcClient.connect(served);
        expect(await client.call("answer")).toBe(42);
        await Sandbox.removeSnapshot(snapshot);
      });
    });

    test("nothing of the reference is left out", () => {
      const { models = [], repos = [] } = rich;
      const missing = (schema: { shape: object }, ...configs: object[]) =>
        Object.keys(schema.shape).filter((key) => !configs.some((config) => key in config));
      // Which exclude others, or change what the others are.
      const elsewhere = { egress: true, idle: true, limits: true };
      expect(missing(sandboxConfigSchema, rich, elsewhere)).toEqual([]);
      expect(missing(modelConfigSchema, ...models)).toEqual([]);
      expect(missing(repoConfigSchema, ...repos)).toEqual([]);
      expect(use.unused()).toEqual([]);
    });
  });
}

/** Everything at once. */
function richConfig(machine: SandboxConfigInput, world: World): SandboxConfigInput {
  const { folder, pythonVersion, wheel, repository } = world;
  return {
    gpu: null,
    gpuCount: 1,
    ...machine,
    executionMode: "notebook",
    pythonVersion,
    pythonPackages: [wheel],
    systemPackages: ["bash", "coreutils"],
    env: { GREETING: "hello" },
    secrets: ["SEER_TEST_TOKEN"],
    localFiles: [[join(folder, "notes.txt"), "./"]],
    localDirs: [[join(folder, "data"), "/workspace/data"]],
    models: [
      { name: "lab/gemma", revision: "v1" },
      {
        name: "lab/secret-adapter",
        varName: "subject",
        hidden: true,
        isPeft: true,
        baseModel: "lab/gemma",
        loadAsPeft: true,
      },
      { name: join(folder, "tiny"), varName: "tiny" },
      { name: "lab/absent", path: join(folder, "tiny"), varName: "standIn", loadAsPeft: true },
    ],
    repos: [{ url: repository.url, ref: "v1", install: true, dockerfile: "Dockerfile" }],
    timeoutMs: 3_600_000,
    budgetUsd: 5000,
    debug: true,
    dockerInDocker: true,
  };
}

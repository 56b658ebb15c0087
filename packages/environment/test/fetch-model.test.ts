import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, statSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type FetchOptions, fetchModel } from "../src/models/fetch-model.ts";
import { errorOf, temporaryDirectory, useOwnHome } from "./support/home.ts";
import { useHub } from "./support/hub.ts";
import { processesGone } from "./support/processes.ts";

useOwnHome();
const hub = useHub();
// The hub's client writes to the disk in pieces of 10 MB.
const weights = randomBytes(30_000_000);
const model = { id: "lab/large", adapter: false };
const safetensors = /model\.safetensors/;

beforeAll(async () => {
  await hub.emulator.addRepo("lab/large", { "config.json": "{}", "model.safetensors": weights });
});

afterEach(() => {
  hub.emulator.faults.clear();
  vi.stubEnv("HF_HUB_OFFLINE", undefined);
});

function start(options: Partial<FetchOptions> = {}) {
  const progress: string[] = [];
  const onProgress = (line: string) => void progress.push(line);
  return {
    progress,
    done: fetchModel(model, { name: "large", secrets: {}, onProgress, ...options }),
  };
}

async function expectWhole(path: string): Promise<void> {
  expect(Buffer.compare(await readFile(join(path, "model.safetensors")), weights)).toBe(0);
}

/** Files that a download has begun and not finished. */
function unfinished(home = hub.home): string[] {
  const blobs = join(home, "hub", "models--lab--large", "blobs");
  const names = existsSync(blobs) ? readdirSync(blobs) : [];
  return names.filter((file) => file.endsWith(".incomplete")).map((name) => join(blobs, name));
}

test("an interrupted download is resumed", async () => {
  hub.useNewHome();
  hub.emulator.faults.dropDownload({ path: safetensors, afterBytes: 10_000_000 });
  await expectWhole((await start().done).path);
  expect(unfinished()).toEqual([]);
});

test("one that goes on breaking is an error, after which files that are complete are kept", async () => {
  hub.useNewHome();
  const drop = hub.emulator.faults.dropDownload({ path: safetensors, afterBytes: 0, times: 1000 });
  const { progress, done } = start();
  const error = await errorOf(done);
  expect(error.code).toBe("environment/model-unavailable");
  expect(error.message).toMatch(/^Downloading for lab\/large failed 3 times, last with \w+/);
  expect(error.message).toContain("complete files are kept");
  expect(progress.join("\n")).toContain("trying again, 2 of 3");
  expect(unfinished()).toEqual([]);
  drop.remove();
  hub.bytesSent();
  await expectWhole((await start().done).path);
  expect(hub.bytesSent()).toBeLessThan(weights.length + 1000);
});

test("a file of the wrong size in the cache is mended", async () => {
  hub.useNewHome();
  const first = await start().done;
  await writeFile(join(first.path, "model.safetensors"), "short");
  const second = await start().done;
  expect(second.fetched).toBe(weights.length);
  await expectWhole(second.path);
});

test("a slow download says how far it is and how long it will take", async () => {
  hub.useNewHome();
  hub.emulator.faults.slowDownload({ path: safetensors, bytesPerSecond: 10_000_000 });
  const { progress, done } = start();
  await done;
  const measured = progress.filter((line) => / of 30 MB/.test(line));
  expect(measured.length).toBeGreaterThanOrEqual(2);
  expect(measured.join("\n")).toMatch(/^Model large: [12]\d(?:\.\d)? MB of 30 MB, \d+ s left$/m);
  expect(progress.at(-1)).toMatch(/^Model large: 30 MB, complete at [0-9a-f]{12}$/);
});

test("one that is aborted ends at once, and the next start is whole", async () => {
  hub.useNewHome();
  const slow = hub.emulator.faults.slowDownload({ path: safetensors, bytesPerSecond: 10_000_000 });
  const abort = new AbortController();
  const { done } = start({ signal: abort.signal });
  const failed = errorOf(done);
  await until(() => partialBytes() > 3_000_000);
  abort.abort(new Error("enough"));
  expect((await failed).message).toBe("enough");
  expect(await processesGone(hub.home)).toEqual([]);
  expect(slow.hits).toBe(1);
  expect(unfinished()).toEqual([]);
  slow.remove();
  await expectWhole((await start().done).path);
});

test("one whose owner is killed ends with it, and leaves no half files", async () => {
  hub.useNewHome();
  const slow = hub.emulator.faults.slowDownload({ path: safetensors, bytesPerSecond: 10_000_000 });
  const fixture = join(import.meta.dirname, "fixtures", "fetcher.ts");
  const owner = spawn(process.execPath, [fixture, "lab/large"], { stdio: "ignore" });
  await until(() => partialBytes() > 3_000_000);
  owner.kill("SIGKILL");
  expect(await processesGone(hub.home)).toEqual([]);
  expect(unfinished()).toEqual([]);
  slow.remove();
  await expectWhole((await start().done).path);
});

test("two at once download once", async () => {
  hub.useNewHome();
  hub.emulator.faults.slowDownload({ path: safetensors, bytesPerSecond: 20_000_000 });
  hub.bytesSent();
  const [first, second] = [start(), start()];
  await expectWhole((await first.done).path);
  await expectWhole((await second.done).path);
  expect(hub.bytesSent()).toBeLessThan(weights.length + 100);
});

test("without the hub, part of a model is no model", async () => {
  hub.useNewHome();
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  const nothing = await errorOf(start().done);
  expect(nothing.message).toContain("lab/large is not in the cache");
  vi.stubEnv("HF_HUB_OFFLINE", undefined);
  const { path } = await start().done;
  execFileSync("rm", [join(path, "model.safetensors")]);
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  const some = await errorOf(start().done);
  vi.stubEnv("HF_HUB_OFFLINE", undefined);
  expect(some.code).toBe("environment/model-unavailable");
  expect(some.message).toMatch(/^The cached copy of lab\/large at [0-9a-f]{12} is incomplete: it lacks /);
});

test("a hub that fails for a moment is asked again", async () => {
  hub.useNewHome();
  hub.emulator.faults.fail({ path: /api\/models/, status: 503 });
  const { progress, done } = start();
  await done;
  expect(progress.join("\n")).toContain("the hub answered with status 503");
});

describe.runIf(canMount())("on a small disk", () => {
  test.each([
    ["is full from the beginning", 10],
    ["fills meanwhile", 40],
  ])("that %s, it is said", async (_, megabytes) => {
    const disk = mkdtempSync(join(tmpdir(), "seer-test-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", disk]);
    try {
      vi.stubEnv("HF_HOME", disk);
      hub.emulator.faults.slowDownload({ path: safetensors, bytesPerSecond: 10_000_000 });
      const failed = errorOf(start().done);
      if (megabytes === 40) {
        await until(() => partialBytes(disk) > 1_000_000);
        await writeFile(join(disk, "other"), Buffer.alloc(40_000_000)).catch(() => {});
      }
      const error = await failed;
      expect(error.code).toBe("environment/disk-full");
      if (megabytes === 10)
        expect(error.message).toMatch(/The download needs 30\.0 MB in .*, which has 10\.5 MB free/);
      expect(error.hint).toContain("HF_HOME");
    } finally {
      execFileSync("umount", ["-l", disk]);
      execFileSync("rmdir", [disk]);
    }
  });
});

function partialBytes(home = hub.home): number {
  const [file] = unfinished(home);
  return file === undefined ? 0 : (statSync(file, { throwIfNoEntry: false })?.size ?? 0);
}

async function until(done: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!done()) {
    if (performance.now() > deadline) throw new Error("it did not happen");
    await delay(20);
  }
}

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "seer-test-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    execFileSync("rmdir", [folder]);
  }
}

test("a Python without the hub's client gets one that Seer keeps", async () => {
  hub.useNewHome();
  const own = process.env.SEER_PYTHON ?? "python3";
  const ask = (code: string) => execFileSync(own, ["-c", code], { encoding: "utf8" }).trim();
  const [plain, packages] = ask(
    "import os, sys, sysconfig; print(os.path.realpath(sys.executable)); print(sysconfig.get_path('purelib'))",
  ).split("\n") as [string, string];
  // Whatever the index has, this one stands for it.
  const wheels = await temporaryDirectory();
  const makeWheel = join(import.meta.dirname, "fixtures", "make_wheel.py");
  execFileSync(own, [makeWheel, wheels, "huggingface_hub", "9.0", packages]);
  vi.stubEnv("SEER_PYTHON", plain);
  for (const tool of ["PIP", "UV"]) {
    vi.stubEnv(`${tool}_NO_INDEX`, "1");
    vi.stubEnv(`${tool}_FIND_LINKS`, wheels);
  }
  try {
    const { progress, done } = start();
    await expectWhole((await done).path);
    expect(progress.join("\n")).toContain("huggingface_hub>=1: building the environment");
  } finally {
    for (const name of ["SEER_PYTHON", "PIP_NO_INDEX", "PIP_FIND_LINKS", "UV_NO_INDEX", "UV_FIND_LINKS"]) {
      vi.stubEnv(name, name === "SEER_PYTHON" ? own : undefined);
    }
  }
});

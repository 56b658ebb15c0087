import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
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
const weights = randomBytes(3_000_000);
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

/** The parts of the weights that were asked for since the last call. */
function rangesAsked(): (string | undefined)[] {
  const asked = hub.emulator
    .requests()
    .filter(({ method, path }) => method === "GET" && /storage/.test(path));
  const ranges = asked.slice(seen).map(({ range }) => range);
  seen = asked.length;
  return ranges;
}
let seen = 0;

test("a connection that breaks is taken up where it broke", async () => {
  hub.useNewHome();
  rangesAsked();
  hub.emulator.faults.dropDownload({ path: safetensors, afterBytes: 1_000_000 });
  const { progress, done } = start();
  await expectWhole((await done).path);
  expect(rangesAsked()).toEqual([undefined, "bytes=1000000-"]);
  expect(progress.join("\n")).toContain("trying again, 2 of 5");
});

test("one that goes on breaking is an error, and the next start downloads only the rest", async () => {
  hub.useNewHome();
  hub.emulator.faults.dropDownload({ path: safetensors, afterBytes: 400_000, times: 5 });
  const error = await errorOf(start().done);
  expect(error.code).toBe("environment/model-unavailable");
  expect(error.message).toMatch(/^Downloading model\.safetensors for lab\/large failed 5 times/);
  expect(error.message).toContain("the next start goes on from there");
  hub.bytesSent();
  rangesAsked();
  const { path, fetched } = await start().done;
  await expectWhole(path);
  expect(rangesAsked()).toEqual(["bytes=2000000-"]);
  expect(fetched).toBe(1_000_002);
  expect(hub.bytesSent()).toBe(1_000_002);
});

test("what was kept is not trusted: other bytes are downloaded again", async () => {
  hub.useNewHome();
  const { path } = await start().done;
  hub.useNewHome();
  const blobs = join(hub.home, "hub", "models--lab--large", "blobs");
  await mkdir(blobs, { recursive: true });
  const [, sha256] = /blobs\/([0-9a-f]{64})/.exec(
    execFileSync("readlink", [join(path, "model.safetensors")], { encoding: "utf8" }),
  ) as unknown as [string, string];
  await writeFile(join(blobs, `${sha256}.incomplete`), randomBytes(1_000_000));
  await expectWhole((await start().done).path);
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
  hub.emulator.faults.slowDownload({ path: safetensors, bytesPerSecond: 1_000_000 });
  const { progress, done } = start();
  await done;
  const measured = progress.filter((line) => / of 3\.0 MB/.test(line));
  expect(measured.length).toBeGreaterThanOrEqual(2);
  expect(measured.length).toBeLessThanOrEqual(6);
  expect(measured.join("\n")).toMatch(/^Model large: [12]\.\d of 3\.0 MB, [12] s left$/m);
  expect(progress.at(-1)).toMatch(/^Model large: 3\.0 MB, complete at [0-9a-f]{12}$/);
});

test("one that is aborted ends at once, and the next start goes on", async () => {
  hub.useNewHome();
  const slow = hub.emulator.faults.slowDownload({ path: safetensors, bytesPerSecond: 1_000_000 });
  const abort = new AbortController();
  const { done } = start({ signal: abort.signal });
  const failed = errorOf(done);
  await until(() => partialBytes() > 300_000);
  const began = performance.now();
  abort.abort(new Error("enough"));
  expect((await failed).message).toBe("enough");
  expect(performance.now() - began).toBeLessThan(3000);
  expect(await processesGone(hub.home)).toEqual([]);
  expect(slow.hits).toBe(1);
  slow.remove();
  const kept = partialBytes();
  expect(kept).toBeGreaterThan(300_000);
  rangesAsked();
  await expectWhole((await start().done).path);
  expect(rangesAsked()).toEqual([`bytes=${kept}-`]);
});

test("one whose owner is killed ends with it, and leaves what it had", async () => {
  hub.useNewHome();
  const slow = hub.emulator.faults.slowDownload({ path: safetensors, bytesPerSecond: 1_000_000 });
  const fixture = join(import.meta.dirname, "fixtures", "fetcher.ts");
  const owner = spawn(process.execPath, [fixture, "lab/large"], { stdio: "ignore" });
  await until(() => partialBytes() > 300_000);
  owner.kill("SIGKILL");
  expect(await processesGone(hub.home)).toEqual([]);
  slow.remove();
  const kept = partialBytes();
  rangesAsked();
  await expectWhole((await start().done).path);
  expect(rangesAsked()).toEqual([`bytes=${kept}-`]);
});

test("two at once download once", async () => {
  hub.useNewHome();
  hub.emulator.faults.slowDownload({ path: safetensors, bytesPerSecond: 2_000_000 });
  hub.bytesSent();
  const [first, second] = [start(), start()];
  await expectWhole((await first.done).path);
  await expectWhole((await second.done).path);
  expect(hub.bytesSent()).toBeLessThan(weights.length + 100);
  expect([...first.progress, ...second.progress].join("\n")).toContain(
    "waiting for another process that downloads model.safetensors",
  );
});

test("without the hub, part of a model is no model", async () => {
  hub.useNewHome();
  hub.emulator.faults.dropDownload({ path: safetensors, afterBytes: 400_000, times: 5 });
  await errorOf(start().done);
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
  expect(some.message).toMatch(/^Only a part of lab\/large at [0-9a-f]{12} is in the cache, without /);
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
    ["is full from the beginning", 1],
    ["fills meanwhile", 4],
  ])("that %s, it is said", async (_, megabytes) => {
    const disk = mkdtempSync(join(tmpdir(), "seer-test-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", disk]);
    try {
      vi.stubEnv("HF_HOME", disk);
      hub.emulator.faults.slowDownload({ path: safetensors, bytesPerSecond: 1_500_000 });
      const failed = errorOf(start().done);
      if (megabytes === 4) {
        await until(() => partialBytes(disk) > 100_000);
        await writeFile(join(disk, "other"), Buffer.alloc(4_000_000)).catch(() => {});
      }
      const error = await failed;
      expect(error.code).toBe("environment/disk-full");
      if (megabytes === 1)
        expect(error.message).toMatch(/3\.0 MB are to be downloaded to .*, where 1\.0 MB are free/);
      expect(error.hint).toContain("HF_HOME");
    } finally {
      execFileSync("umount", ["-l", disk]);
      execFileSync("rmdir", [disk]);
    }
  });
});

function partialBytes(home = hub.home): number {
  const blobs = join(home, "hub", "models--lab--large", "blobs");
  try {
    const [name] = readdirSync(blobs).filter((file) => file.endsWith(".incomplete"));
    return name === undefined ? 0 : Number(execFileSync("stat", ["-c", "%s", join(blobs, name)]));
  } catch {
    return 0;
  }
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

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { gpuDevices } from "../src/backends/local/find-gpus.ts";
import { Sandbox } from "../src/index.ts";
import { fakeUuid, useFakeGpus } from "./support/fake-gpus.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";

const home = useOwnHome();
const config = { executionMode: "cli" as const, gpu: "A100" };
const a100 = "NVIDIA A100-SXM4-80GB";

afterEach(() => vi.unstubAllEnvs());

const visible = async (sandbox: Sandbox) =>
  (await sandbox.exec("printf %s $CUDA_VISIBLE_DEVICES")).split(",");

describe.each(isolations)("with isolation %s", (isolation) => {
  test("concurrent sandboxes get different GPUs, which are free again after their end", async () => {
    await useFakeGpus([
      [a100, 0],
      [a100, 0],
      [a100, 0],
    ]);
    const start = (gpuCount: number, name: string) =>
      new Sandbox({ ...config, gpuCount }, { isolation }).start({ name });
    const [two, one] = await Promise.all([start(2, "two"), start(1, "one")]);
    try {
      const all = [...(await visible(two)), ...(await visible(one))];
      expect(all.toSorted()).toEqual([0, 1, 2].map(fakeUuid));
      expect(await visible(two)).toHaveLength(2);
      const record = JSON.parse(
        await readFile(join(home, "sandboxes", one.sandboxId, "sandbox.json"), "utf8"),
      );
      expect(record.gpus).toEqual(await visible(one));

      const error = await errorOf(start(1, "late"));
      expect(error.code).toBe("environment/gpu-unavailable");
      expect(error.message).toContain("none of this machine's GPUs is free");
      expect(error.message).toContain(`is used by two (${two.sandboxId})`);
      expect(error.hint).toContain("`seer stop`");
      await one.terminate();
      await using late = await start(1, "late");
      expect(await visible(late)).toEqual(record.gpus);
    } finally {
      await Promise.all([two.terminate(), one.terminate()]);
    }
  });

  test("a sandbox without a GPU sees none", async () => {
    await useFakeGpus([[a100, 0]]);
    vi.stubEnv("CUDA_VISIBLE_DEVICES", "0");
    await using sandbox = await new Sandbox({ executionMode: "cli" }, { isolation }).start();
    expect(await sandbox.exec("printenv CUDA_VISIBLE_DEVICES")).toBe("\n");
  });
});

test("GPUs of the requested kind are preferred, then the least used", async () => {
  await useFakeGpus([
    ["NVIDIA L4", 0],
    [a100, 9000],
    [a100, 10],
  ]);
  const progress: string[] = [];
  const options = { onProgress: (line: string) => progress.push(line) };
  await using first = await new Sandbox(config, options).start();
  expect(await visible(first)).toEqual([fakeUuid(2)]);
  expect(progress).toContain(`GPU: GPU 2 (${a100})`);
  await using second = await new Sandbox({ ...config, gpuCount: 2 }, options).start();
  expect(await visible(second)).toEqual([fakeUuid(1), fakeUuid(0)]);
  expect(progress).toContain(`GPU: GPU 1 (${a100}), GPU 0 (NVIDIA L4) (A100 was requested)`);
});

test.each([
  ["2,1", [1, 2]],
  [`${fakeUuid(2).slice(0, 8)},0`, [0, 2]],
  // CUDA looks no further than the first that there is not.
  ["1,7,2", [1]],
])("an outer CUDA_VISIBLE_DEVICES of %s leaves %j", async (value, left) => {
  await useFakeGpus([
    [a100, 0],
    [a100, 0],
    [a100, 0],
  ]);
  vi.stubEnv("CUDA_VISIBLE_DEVICES", value);
  await using sandbox = await new Sandbox({ ...config, gpuCount: left.length }).start();
  expect((await visible(sandbox)).toSorted()).toEqual(left.map(fakeUuid));
  const error = await errorOf(new Sandbox({ ...config, gpuCount: left.length + 1 }).start());
  expect(error.message).toContain(`with CUDA_VISIBLE_DEVICES=${value}`);
});

test("list contains resource usage, including GPU memory", async () => {
  const gpus = await useFakeGpus([[a100, 0]]);
  await using sandbox = await new Sandbox(config).start();
  await sandbox.exec(
    "(python -c 'data = b\"x\" * 80_000_000; import time; time.sleep(60)' >/dev/null 2>&1 &)",
  );
  const record = JSON.parse(
    await readFile(join(home, "sandboxes", sandbox.sandboxId, "sandbox.json"), "utf8"),
  );
  await gpus.setProcesses([`${record.processes.init.pid}, 512`, `${process.pid}, 4096`]);
  await sandbox.execPython("import time\nwhile time.process_time() < 0.3: pass");
  await expect.poll(async () => (await Sandbox.list())[0]?.usage?.memoryBytes).toBeGreaterThan(80_000_000);
  const [info] = await Sandbox.list();
  expect(info).toMatchObject({ gpu: "A100", gpuCount: 1 });
  // Its first process, with bubblewrap around it or not, and the one in the background.
  expect(info?.usage?.processes).toBe(sandbox.isolation.kind === "bubblewrap" ? 3 : 2);
  expect(info?.usage?.cpuSeconds).toBeGreaterThan(0.2);
  expect(info?.usage?.cpuSeconds).toBeLessThan(60);
  expect(info?.usage?.memoryBytes).toBeLessThan(400_000_000);
  expect(info?.usage?.gpuMemoryBytes).toBe(512 * 2 ** 20);
});

test("device files are those that the driver reports", async () => {
  const folder = await temporaryDirectory();
  for (const [card, minor] of [
    ["0000:17:00.0", 3],
    ["0000:65:00.0", 0],
  ] as const) {
    await mkdir(join(folder, card));
    const text = `Model: \t\t NVIDIA H100\nGPU UUID: \t ${fakeUuid(minor)}\nDevice Minor: \t ${minor}\n`;
    await writeFile(join(folder, card, "information"), text);
  }
  expect(await gpuDevices([fakeUuid(3)], folder)).toEqual([3]);
  expect(await gpuDevices([fakeUuid(3), fakeUuid(1)], folder)).toBeUndefined();
  expect(await gpuDevices([fakeUuid(3)], join(folder, "none"))).toBeUndefined();
});

import { afterAll, beforeAll, expect } from "vitest";
import { it, type Setup, start } from "../helpers/start.ts";

let setup: Setup;
beforeAll(async () => {
  setup = await start();
});
afterAll(() => setup[Symbol.asyncDispose]());

it("bills what each sandbox ran, on the emulated clock", async () => {
  const { emulator } = setup;
  const cpu = await setup.create({ cpu: 4, memoryMiB: 2048, tags: { run: "r" } });
  emulator.clock.advance(100_000);
  const gpu = await setup.create({ gpu: "H100:2", name: "big" });
  emulator.clock.advance(50_000);
  await gpu.terminate();
  emulator.clock.advance(1000_000);
  const [first, second] = emulator.billing();
  expect(first).toMatchObject({
    sandboxId: cpu.sandboxId,
    gpuCount: 0,
    cpu: 4,
    memoryMiB: 2048,
    tags: { run: "r" },
  });
  expect(first?.endedAt ?? "running").not.toBe("running");
  expect(Math.round((first?.seconds ?? 0) / 10)).toBe(30);
  expect(first?.gpuSeconds).toBe(0);
  expect(second).toMatchObject({ sandboxId: gpu.sandboxId, gpu: "H100", gpuCount: 2, name: "big" });
  expect(second?.seconds).toBeGreaterThan(50);
  expect(second?.seconds).toBeLessThan(60);
  expect(second?.gpuSeconds).toBe(2 * (second?.seconds ?? 0));
});

it("bills nothing for a sandbox that waits for capacity", async () => {
  const { emulator } = setup;
  const before = emulator.billing().length;
  const hold = emulator.faults.holdCapacity({ gpu: "B200" });
  const creating = setup.create({ gpu: "B200" });
  while (hold.waiting === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  emulator.clock.advance(200_000);
  expect(emulator.billing().length).toBe(before);
  hold.release();
  const sandbox = await creating;
  const entry = emulator.billing().find(({ sandboxId }) => sandboxId === sandbox.sandboxId);
  expect(entry?.seconds).toBeLessThan(60);
});

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Caller, Connect, Target } from "../callers/caller.ts";
import type { Driver, Operation } from "./driver.ts";

// The same as in drive.py.
const text = "The quick brown fox jumps over the lazy dog.";
const numbers = Array.from({ length: 1000 }, (_, i) => i / 8);
const floatCount = 1_000_000;

/** Calls from this process; concurrent callers share one client, as they would in a program. */
export async function driveFromTypeScript(connect: Connect, target: Target): Promise<Driver> {
  const caller = await connect(target);
  const holder = await connect(target);
  const floats = new Float32Array(floatCount).map((_, i) => Math.sin(i));
  const operations: Record<Operation, (caller: Caller) => Promise<unknown>> = {
    echo: (caller) => caller.echo(text),
    numbers: (caller) => caller.numbers(numbers),
    floats: (caller) => caller.floats(),
    take: (caller) => caller.take(floats),
    nap: (caller) => caller.nap(),
    health: (caller) => caller.health(),
  };

  async function measure(operation: Operation, count: number): Promise<number[]> {
    const call = operations[operation];
    const samples: number[] = [];
    for (let i = 0; i < count; i++) {
      const started = performance.now();
      await call(caller);
      samples.push(performance.now() - started);
    }
    return samples;
  }

  return {
    measure,
    async check() {
      assert.equal(await caller.echo(text), text);
      assert.deepEqual(await caller.numbers(numbers), numbers);
      const received = await caller.floats();
      assert.equal(received.length, floatCount);
      // Standard normals, so their sum is small and that of their squares is their number, nearly.
      const squares = received.reduce((sum, value) => sum + value * value, 0);
      assert.ok(
        Math.abs(squares / floatCount - 1) < 0.01,
        `the floats are not those that were sent: ${squares}`,
      );
      assert.equal(Number(await caller.take(floats)), floatCount);
    },
    async burst(operation, callers, count) {
      const call = operations[operation];
      const run = async () => {
        for (let i = 0; i < Math.floor(count / callers); i++) await call(caller);
      };
      const started = performance.now();
      await Promise.all(Array.from({ length: callers }, run));
      return performance.now() - started;
    },
    async probe(holdCount) {
      let held = true;
      const holding = holder.hold(holdCount).finally(() => {
        held = false;
      });
      const samples: number[] = [];
      while (held) {
        await sleep(2);
        samples.push(...(await measure("health", 1)));
      }
      await holding;
      return samples;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([caller[Symbol.asyncDispose](), holder[Symbol.asyncDispose]()]);
    },
  };
}

import { expect, test } from "vitest";
import { Mutex } from "../src/index.ts";

test("work holds the lock one at a time, in the order in which it was asked for", async () => {
  const mutex = new Mutex();
  const log: string[] = [];
  const work = (name: string) => async () => {
    log.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`${name} ends`);
    return name;
  };
  const all = [mutex.run(work("a")), mutex.run(work("b")), mutex.run(work("c"))];
  expect(await Promise.all(all)).toEqual(["a", "b", "c"]);
  expect(log).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

test("work that fails releases the lock", async () => {
  const mutex = new Mutex();
  const failure = mutex.run(() => Promise.reject(new Error("no")));
  const next = mutex.run(() => "done");
  await expect(failure).rejects.toThrow("no");
  expect(await next).toBe("done");
});

test("a waiter that is aborted gives up its place, and those behind it still wait for those before it", async () => {
  const mutex = new Mutex();
  const first = await mutex.lock();
  const abort = new AbortController();
  const second = mutex.lock(abort.signal);
  let third = false;
  const behind = mutex.run(() => {
    third = true;
  });
  abort.abort(new Error("given up"));
  await expect(second).rejects.toThrow("given up");
  expect(third).toBe(false);
  first[Symbol.dispose]();
  await behind;
  expect(third).toBe(true);
});

test("a signal that is aborted already never gets the lock, nor keeps it from others", async () => {
  const mutex = new Mutex();
  await expect(mutex.lock(AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
  expect(await mutex.run(() => 1)).toBe(1);
});

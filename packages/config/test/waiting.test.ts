import { expect, test } from "vitest";
import { raceSignal, withTimeout } from "../src/index.ts";

const never = new Promise<never>(() => {});

test("withTimeout gives the value, the fallback of what never settles, or the failure", async () => {
  expect(await withTimeout(Promise.resolve(1), 60_000, "late")).toBe(1);
  expect(await withTimeout(never, 1, "late")).toBe("late");
  await expect(withTimeout(Promise.reject(new Error("no")), 60_000, "late")).rejects.toThrow("no");
});

test("raceSignal gives the value, the failure, or the signal's reason", async () => {
  const { signal } = new AbortController();
  expect(await raceSignal(Promise.resolve(1), signal)).toBe(1);
  expect(await raceSignal(Promise.resolve(1), undefined)).toBe(1);
  await expect(raceSignal(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
  await expect(raceSignal(never, AbortSignal.abort(new Error("stop")))).rejects.toThrow("stop");
  const abort = new AbortController();
  const raced = raceSignal(never, abort.signal);
  abort.abort(new Error("later"));
  await expect(raced).rejects.toThrow("later");
});

test("raceSignal handles the failure of work that nobody waits for", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on("unhandledRejection", note);
  try {
    const work = Promise.withResolvers<never>();
    await expect(raceSignal(work.promise, AbortSignal.abort(new Error("stop")))).rejects.toThrow("stop");
    work.reject(new Error("too late"));
    await new Promise(setImmediate);
    expect(unhandled).toEqual([]);
  } finally {
    process.off("unhandledRejection", note);
  }
});

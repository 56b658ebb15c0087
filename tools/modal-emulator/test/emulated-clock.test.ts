import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { EmulatedClock } from "../src/emulated-clock.ts";

let clock: EmulatedClock;
beforeEach(() => {
  vi.useFakeTimers();
  clock = new EmulatedClock();
});
afterEach(() => {
  clock.stop();
  vi.useRealTimers();
});

it("runs with the machine's clock, or faster", () => {
  const start = clock.now();
  vi.advanceTimersByTime(1000);
  expect(clock.now() - start).toBeCloseTo(1000, 3);
  clock.speed = 60;
  vi.advanceTimersByTime(1000);
  expect(clock.now() - start).toBeCloseTo(61_000, 3);
});

it("rings alarms in real time, at its speed", () => {
  const rung: string[] = [];
  const start = clock.now();
  clock.setAlarm(start + 1000, () => rung.push("first"));
  clock.setAlarm(start + 100_000, () => rung.push("second"));
  const cancel = clock.setAlarm(start + 500, () => rung.push("never"));
  cancel();
  vi.advanceTimersByTime(1001);
  expect(rung).toEqual(["first"]);
  clock.speed = 1000;
  vi.advanceTimersByTime(101);
  expect(rung).toEqual(["first", "second"]);
});

it("rings on the way forward, in order and at the right moment", () => {
  const start = clock.now();
  const rung: number[] = [];
  const ring = () => rung.push(clock.now() - start);
  clock.setAlarm(start + 3000, ring);
  clock.setAlarm(start + 1000, () => {
    ring();
    clock.setAlarm(start + 2000, ring);
  });
  clock.advance(10_000);
  expect(rung.map((value) => Math.round(value))).toEqual([1000, 2000, 3000]);
  expect(clock.now() - start).toBeCloseTo(10_000, 3);
});

it("refuses to stand still or go back", () => {
  expect(() => {
    clock.speed = 0;
  }).toThrow(RangeError);
  expect(() => clock.advance(-1)).toThrow(RangeError);
});

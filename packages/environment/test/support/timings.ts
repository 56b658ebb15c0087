import { timings } from "../../src/runtime/timings.ts";

/** Variables for a child process that imports this module, which applies them. */
export function childTimings(changes: Partial<typeof timings>): Record<string, string> {
  return { TEST_TIMINGS: JSON.stringify(changes) };
}

Object.assign(timings, JSON.parse(process.env.TEST_TIMINGS ?? "{}"));

/** Changes times of this process until the result is disposed of. */
export function changeTimings(changes: Partial<typeof timings>): Disposable {
  const before = { ...timings };
  Object.assign(timings, changes);
  return { [Symbol.dispose]: () => void Object.assign(timings, before) };
}

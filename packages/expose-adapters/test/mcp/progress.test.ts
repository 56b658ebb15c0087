import type { ServerNotification } from "@modelcontextprotocol/sdk/types.js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { reportProgress } from "../../src/mcp/progress.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function report(progressToken?: string) {
  const sent: Record<string, unknown>[] = [];
  const progress = reportProgress({
    signal: new AbortController().signal,
    _meta: progressToken === undefined ? undefined : { progressToken },
    sendNotification: async ({ params }: ServerNotification) => void sent.push({ ...params }),
  });
  return { progress, sent };
}

test("a silent call is shown to be alive, more often than clients lose their patience", async () => {
  const { progress, sent } = report("p");
  await vi.advanceTimersByTimeAsync(30_000);
  expect(sent).toMatchObject([
    { message: "running for 10 s" },
    { message: "running for 20 s" },
    { message: "running for 30 s" },
  ]);
  const values = sent.map((params) => Number(params.progress));
  expect(values.every((value, i) => value > (values[i - 1] ?? 0))).toBe(true);
  await progress[Symbol.asyncDispose]();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toHaveLength(3);
});

test("what the function printed last says what it is at", async () => {
  const { progress, sent } = report("p");
  progress.printed("loading\nlayer 3\n\n");
  progress.printed("\r\n");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(sent).toMatchObject([{ message: "layer 3" }]);
  await progress[Symbol.asyncDispose]();
});

test("progress that goes back still goes forward for the client", async () => {
  const { progress, sent } = report("p");
  for (const done of [5, 3, 1_000_000, 1_000_000]) progress.reported({ done, total: 10, message: "x" });
  await progress[Symbol.asyncDispose]();
  const values = sent.map((params) => Number(params.progress));
  expect(values).toHaveLength(4);
  expect(new Set(values).size).toBe(4);
  expect(values).toEqual(values.toSorted((a, b) => a - b));
});

test("a client that asks for no progress gets none", async () => {
  const { progress, sent } = report();
  progress.reported({ done: 1, total: 2, message: "x" });
  await vi.advanceTimersByTimeAsync(60_000);
  await progress[Symbol.asyncDispose]();
  expect(sent).toEqual([]);
});

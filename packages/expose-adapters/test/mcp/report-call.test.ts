import type { ServerNotification } from "@modelcontextprotocol/sdk/types.js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CallReport } from "../../src/mcp/report-call.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function reportTo(progressToken?: string) {
  const sent: Record<string, unknown>[] = [];
  const logged: string[] = [];
  const report = new CallReport({
    _meta: progressToken === undefined ? undefined : { progressToken },
    sendNotification: async ({ params }: ServerNotification) => void sent.push({ ...params }),
    log: async (text) => void logged.push(text),
  });
  return { report, sent, logged };
}

test("a silent call is shown to be alive, more often than clients lose their patience", async () => {
  const { report, sent } = reportTo("p");
  await vi.advanceTimersByTimeAsync(30_000);
  expect(sent).toMatchObject([
    { message: "running for 10 s" },
    { message: "running for 20 s" },
    { message: "running for 30 s" },
  ]);
  const values = sent.map((params) => Number(params.progress));
  expect(values.every((value, i) => value > (values[i - 1] ?? 0))).toBe(true);
  await report[Symbol.asyncDispose]();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toHaveLength(3);
});

test("what the function prints is logged, and its last line says what it is at", async () => {
  const { report, sent, logged } = reportTo("p");
  report.printed("loading\nlayer 3\n\n");
  report.printed("\r\n");
  await report[Symbol.asyncDispose]();
  expect(sent).toMatchObject([{ message: "layer 3" }]);
  expect(logged).toEqual(["loading\nlayer 3"]);
});

test("a function that prints much is told of now and then, and at the end", async () => {
  const { report, sent, logged } = reportTo("p");
  for (let i = 0; i < 1000; i++) {
    report.printed(`step ${i}\n`);
    await vi.advanceTimersByTimeAsync(1);
  }
  report.printed(`${"x".repeat(10_000)}\nthe end\n`);
  await report[Symbol.asyncDispose]();
  expect(logged.length).toBeLessThan(10);
  expect(logged[0]).toBe("step 0");
  expect(logged.at(-1)).toMatch(/^\[\d+ characters left out\]\nx+\nthe end$/);
  expect(sent.at(-1)).toMatchObject({ message: "the end" });
});

test("progress that goes back still goes forward for the client", async () => {
  const { report, sent } = reportTo("p");
  for (const done of [5, 3, 1_000_000, 1_000_000]) report.reported({ done, total: 10, message: "x" });
  await report[Symbol.asyncDispose]();
  const values = sent.map((params) => Number(params.progress));
  expect(values).toHaveLength(4);
  expect(new Set(values).size).toBe(4);
  expect(values).toEqual(values.toSorted((a, b) => a - b));
});

test("a client that asks for no progress gets none", async () => {
  const { report, sent, logged } = reportTo();
  report.reported({ done: 1, total: 2, message: "x" });
  report.printed("printed");
  await vi.advanceTimersByTimeAsync(60_000);
  await report[Symbol.asyncDispose]();
  expect(sent).toEqual([]);
  expect(logged).toEqual(["printed"]);
});

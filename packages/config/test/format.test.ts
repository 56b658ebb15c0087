import { expect, test } from "vitest";
import { formatBytes, formatDuration } from "../src/index.ts";

test.each([
  [0, "0 bytes"],
  [512, "512 bytes"],
  [999, "999 bytes"],
  [1000, "1 kB"],
  [1536, "1.5 kB"],
  [999_600, "1 MB"],
  [120_400_000, "120 MB"],
  [3_440_000_000, "3.4 GB"],
  [18_500_000_000, "18.5 GB"],
  [2e12, "2 TB"],
  [5e15, "5000 TB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, "0 ms"],
  [350.4, "350 ms"],
  [999.6, "1 s"],
  [1234, "1.2 s"],
  [9960, "10 s"],
  [35_000, "35 s"],
  [59_600, "1 min"],
  [723_000, "12 min 3 s"],
  [3_599_600, "1 h"],
  [4_230_000, "1 h 10 min"],
  [86_400_000, "1 d"],
  [273_600_000, "3 d 4 h"],
])("%d ms are %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

import { expect, test } from "vitest";
import { InstallProgress } from "../src/python/install-progress.ts";

test("progress shows sizes, and goes on while the installer is silent", () => {
  const lines: string[] = [];
  using progress = new InstallProgress((line) => lines.push(line));
  progress.tick();
  progress.addLine("Resolved 5 packages in 1.20s");
  progress.addLine("Downloading torch (195.2MiB)");
  progress.addLine("Downloading https://me:s3cret@index.example/numpy.whl (16.1MiB)");
  progress.addLine("some noise");
  progress.tick();
  progress.tick();
  progress.addLine(" Downloaded torch");
  progress.tick();
  expect(lines[0]).toMatch(/^ {2}\S+ m?s: waiting for the package index$/);
  expect(lines.slice(1, 4)).toEqual([
    "  Resolved 5 packages in 1.20s",
    "  Downloading torch (195.2MiB)",
    "  Downloading https://index.example/numpy.whl (16.1MiB)",
  ]);
  expect(lines[4]).toMatch(/^ {2}\S+ m?s: Downloading torch \(195\.2MiB\), Downloading https:\/\/index/);
  expect(lines[5]).toMatch(/^ {2}\S+ m?s: Downloading https:\/\/index/);
});

test("long lines are shortened after their credentials are removed", () => {
  const lines: string[] = [];
  using progress = new InstallProgress((line) => lines.push(line));
  progress.addLine(
    `Downloading https://me:${"s3cret".repeat(200_000)}@index.example/${"a".repeat(1_000_000)}`,
  );
  const [line = ""] = lines;
  expect(line.length).toBeLessThan(600);
  expect(line).toContain("https://index.example/");
});

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

/** A list of progress lines in which the stops of a sandbox can be waited for. */
export class Progress {
  readonly lines: string[] = [];
  readonly onProgress = (line: string): void => {
    this.lines.push(line);
  };

  count(text: string): number {
    return this.lines.filter((line) => line.includes(text)).length;
  }

  /** Waits until a sandbox has been stopped so often, and nothing of it is there. */
  async stopped(home: string, times = 1): Promise<void> {
    await expect.poll(() => this.count("Idle for")).toBe(times);
    await expect.poll(() => sandboxesIn(home)).toEqual([]);
  }
}

/** The sandboxes that have anything on this machine. */
export function sandboxesIn(home: string): string[] {
  return names(join(home, "sandboxes")).filter((name) => name.startsWith("sb-"));
}

export function snapshotsIn(home: string): string[] {
  return names(join(home, "snapshots"));
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

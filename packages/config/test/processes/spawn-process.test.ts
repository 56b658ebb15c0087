import { closeSync, openSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type ChildDescriptor, spawnProcess } from "../../src/index.ts";

// A process that inherits an open directory, as a terminal or an editor may leave one behind, and starts a child.
const parent = fileURLToPath(new URL("inheriting-parent.ts", import.meta.url));

test.each([
  ["spawnProcess", false],
  ["node's own spawn", true],
])("a child of %s gets an inherited directory: %s", async (how, isInherited) => {
  const directory = openSync("/", "r");
  try {
    const stdio: ChildDescriptor[] = [
      "ignore",
      "pipe",
      "inherit",
      ...Array.from({ length: 37 }, () => "ignore" as const),
      directory,
    ];
    const child = spawnProcess(process.execPath, [parent, how], { stdio });
    const links = JSON.parse(await text(child.stdout as NodeJS.ReadableStream & AsyncIterable<Buffer>));
    expect(links.includes("/")).toBe(isInherited);
  } finally {
    closeSync(directory);
  }
});

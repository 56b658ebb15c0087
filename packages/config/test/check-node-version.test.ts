import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

const importOn = (node: string) => {
  vi.stubGlobal("process", { versions: { node }, execPath: "/usr/bin/node" });
  return import("../src/check-node-version.ts");
};

test.each(["9.11.2", "20.20.2", "22.0.0", "22.17.1"])("Node %s is too old", async (version) => {
  await expect(importOn(version)).rejects.toThrow(
    `Seer needs Node 22.18 or newer, and this is Node ${version} (/usr/bin/node)`,
  );
});

test.each(["22.18.0", "23.0.0", "24.1.0", "100.0.0"])("Node %s is not", async (version) => {
  await importOn(version);
});

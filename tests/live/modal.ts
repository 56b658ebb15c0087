import { Sandbox, type SandboxInfo } from "@seer/environment";
import { afterAll, beforeAll } from "vitest";

/** The beginning of all names that these tests give. */
export const prefix = `seer-live-${process.pid}`;

/** What every sandbox of these tests has: it ends soon whatever happens, and costs no more than a little. */
export const limits = {
  backend: "modal",
  executionMode: "cli",
  timeoutMs: 10 * 60_000,
  budgetUsd: 0.5,
} as const;

/** Keeps these tests in an app of their own, and ends whatever they have left there. */
export function useOwnApp(): void {
  beforeAll(() => {
    process.env.SEER_MODAL_APP ??= "seer-live";
  });
  afterAll(async () => {
    for (const { id } of await ours()) await (await Sandbox.fromId(id)).terminate();
    const snapshots = await Sandbox.listSnapshots();
    for (const snapshot of snapshots.filter(({ description }) => description.startsWith(prefix))) {
      await Sandbox.removeSnapshot(snapshot);
    }
  });
}

/** The sandboxes of these tests that run. */
export async function ours(): Promise<SandboxInfo[]> {
  return (await Sandbox.list()).filter(({ backend, name }) => backend === "modal" && name.startsWith(prefix));
}

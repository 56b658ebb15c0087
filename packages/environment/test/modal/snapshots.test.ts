import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { Sandbox, ScopedSandbox } from "../../src/index.ts";
import { errorOf, temporaryDirectory, useOwnHome } from "../support/home.ts";
import { startModal } from "../support/modal-session.ts";

useOwnHome();
let emulator: ModalEmulator;
const config = { backend: "modal", executionMode: "cli" } as const;

describe.skipIf((await emulationObstacle()) !== undefined)("snapshots on Modal", () => {
  beforeAll(async () => {
    ({ emulator } = await startModal());
  });

  test.each([
    { version: 2, machine: {} },
    { version: 1, machine: { gpu: "T4" } },
  ])("begin a sandbox with the files of another one, on version $version", async ({ machine }) => {
    const sandbox = await new Sandbox({ ...config, ...machine, env: { GREETING: "hello" } }).start();
    await sandbox.exec(
      "mkdir notes; echo kept > notes/a.txt; chmod 700 notes/a.txt; (sleep 300 >/dev/null 2>&1 &)",
    );
    const snapshot = await sandbox.terminate({ saveSnapshot: true, snapshotDescription: "after work" });
    expect(snapshot).toMatchObject({ description: "after work", backend: "modal" });
    // For good, and not for the month that is usual.
    emulator.clock.advance(40 * 24 * 3600_000);
    {
      await using again = await Sandbox.fromSnapshot(snapshot);
      expect(again.sandboxId).not.toBe(sandbox.sandboxId);
      expect(
        await again.exec("cat notes/a.txt; stat -c %a notes/a.txt; echo $GREETING; pgrep sleep || echo none"),
      ).toBe("kept\n700\nhello\nnone\n");
      expect(again.modalSandbox).toBeDefined();
    }
    await Sandbox.removeSnapshot(snapshot);
    const error = await errorOf(Sandbox.fromSnapshot(snapshot.id));
    expect(error).toMatchObject({ code: "environment/snapshot-not-found" });
  });

  test("a sandbox goes on while one is taken, and its state is not the new one's", async () => {
    await using scoped = await new ScopedSandbox(config).start({ name: "goes-on" });
    const snapshot = await scoped.snapshot("in between");
    expect(await scoped.exec("echo on")).toBe("on\n");
    await using again = await ScopedSandbox.fromSnapshot(snapshot);
    expect(again.name).toBe(again.sandboxId);
    expect((await ScopedSandbox.list()).map(({ name }) => name)).toContain(again.name);
    await Sandbox.removeSnapshot(snapshot);
  });

  test("a snapshot that another machine takes keeps the limits of the network", async () => {
    const egress = { allow: ["huggingface.co"] };
    await using sandbox = await new ScopedSandbox({ ...config, egress }).start();
    // The configuration is kept only where the sandbox was started.
    vi.stubEnv("SEER_HOME", await temporaryDirectory());
    await using attached = await ScopedSandbox.fromId(sandbox.sandboxId);
    const snapshot = await attached.snapshot();
    await using again = await ScopedSandbox.fromSnapshot(snapshot);
    vi.unstubAllEnvs();
    const started = emulator.sandboxes().find(({ id }) => id === again.sandboxId);
    expect(started?.definition).toMatchObject({
      network: { kind: "allowlist", domains: ["huggingface.co"] },
    });
  });
});

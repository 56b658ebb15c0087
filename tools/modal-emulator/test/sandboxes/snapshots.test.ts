import { afterAll, beforeAll, expect } from "vitest";
import { describe, it, run, type Setup, start, versions } from "../helpers/start.ts";

let setup: Setup;
beforeAll(async () => {
  setup = await start();
});
afterAll(() => setup[Symbol.asyncDispose]());

describe.each(versions)("a filesystem snapshot on backend V$version", ({ params }) => {
  it("boots with the files as they were, with what was removed removed, and without volumes", async () => {
    const { modal, app } = setup;
    const image = await modal.images
      .fromRegistry("debian")
      .dockerfileCommands([
        "ENV KEPT=yes",
        "WORKDIR /workspace",
        "RUN mkdir /opt/dir && echo a > /opt/dir/a && echo b > /opt/b",
      ])
      .build(app);
    const volume = await modal.volumes.fromName("weights", { createIfMissing: true });
    const first = await modal.sandboxes.create(app, image, { ...params, volumes: { "/models": volume } });
    const change =
      "rm /opt/b; rm -r /opt/dir; mkdir /opt/dir; echo c > /opt/dir/c; echo w > /models/w; echo n > note";
    expect((await run(first, ["sh", "-c", change])).stderr).toBe("");
    const snapshot = await first.snapshotFilesystem();
    await run(first, ["sh", "-c", "echo later > note"]);
    await first.terminate();

    const second = await modal.sandboxes.create(app, await modal.images.fromId(snapshot.imageId), params);
    const look = "pwd; cat note; echo $KEPT; ls /opt /opt/dir; ls /models";
    expect((await run(second, ["sh", "-c", look])).stdout).toBe(
      "/workspace\nn\nyes\n/opt:\ndir\n\n/opt/dir:\nc\n",
    );
    const again = await second.snapshotFilesystem();
    const third = await modal.sandboxes.create(
      app,
      again.dockerfileCommands(["RUN cat note > /copied"]),
      params,
    );
    expect((await run(third, ["cat", "/copied"])).stdout).toBe("n\n");
  });

  it("expires after its time, unless it is to be kept", async () => {
    const { modal, emulator } = setup;
    const sandbox = await setup.create(params);
    const [short, usual, kept] = await Promise.all([
      sandbox.snapshotFilesystem({ ttlMs: 60_000 }),
      sandbox.snapshotFilesystem(),
      sandbox.snapshotFilesystem({ ttlMs: null }),
    ]);
    emulator.clock.advance(61_000);
    await expect(modal.images.fromId(short.imageId)).rejects.toThrow(/Could not find/);
    await modal.images.fromId(usual.imageId);
    emulator.clock.advance(31 * 24 * 3600_000);
    await expect(modal.images.fromId(usual.imageId)).rejects.toThrow(/Could not find/);
    await modal.images.fromId(kept.imageId);
    expect(emulator.images().find(({ id }) => id === kept.imageId)).toMatchObject({ isSnapshot: true });
  });

  it("is made once when its reply is lost", async () => {
    const sandbox = await setup.create(params);
    const before = setup.emulator.images().length;
    const lost = setup.emulator.faults.loseReply("TaskSnapshotFilesystem");
    await sandbox.snapshotFilesystem();
    expect(lost.hits).toBe(1);
    expect(setup.emulator.images().length).toBe(before + 1);
  });
});

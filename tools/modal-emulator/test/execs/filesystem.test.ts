import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sandbox } from "modal";
import {
  SandboxFilesystemDirectoryNotEmptyError,
  SandboxFilesystemIsADirectoryError,
  SandboxFilesystemNotADirectoryError,
  SandboxFilesystemNotFoundError,
  SandboxFilesystemPathAlreadyExistsError,
  SandboxFilesystemPermissionError,
} from "modal";
import { afterAll, beforeAll, expect } from "vitest";
import { describe, it, run, type Setup, start, versions } from "../helpers/start.ts";

let setup: Setup;
let local: string;
beforeAll(async () => {
  setup = await start();
  local = await mkdtemp(join(tmpdir(), "modal-emulator-files-"));
});
afterAll(async () => {
  await setup[Symbol.asyncDispose]();
  await rm(local, { recursive: true });
});

describe.each(versions)("a sandbox's filesystem on backend V$version", ({ params }) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await setup.create(params);
  });

  it("writes and reads text and bytes, and makes parents", async () => {
    await sandbox.filesystem.writeText("héllo", "/workspace/deep/down.txt");
    expect(await sandbox.filesystem.readText("/workspace/deep/down.txt")).toBe("héllo");
    await sandbox.filesystem.writeBytes(new Uint8Array([0, 255]), "/models/x.bin");
    expect([...(await sandbox.filesystem.readBytes("/models/x.bin"))]).toEqual([0, 255]);
    expect((await run(sandbox, ["cat", "/workspace/deep/down.txt"])).stdout).toBe("héllo");
  });

  it("copies from and to local files, of eight megabytes too", async () => {
    const bytes = randomBytes(8 * 1024 * 1024);
    await writeFile(join(local, "up"), bytes);
    await sandbox.filesystem.copyFromLocal(join(local, "up"), "/opt/up");
    const process = await sandbox.exec(["cat", "/opt/up"], { mode: "binary" });
    expect(Buffer.compare(Buffer.from(await process.stdout.readBytes()), bytes)).toBe(0);
    await sandbox.filesystem.writeText("down", "/opt/down");
    await sandbox.filesystem.copyToLocal("/opt/down", join(local, "down"));
    expect(await readFile(join(local, "down"), "utf8")).toBe("down");
  });

  it("hangs on reading more than a pipe holds, as the SDK does against real pipes", async () => {
    await sandbox.filesystem.writeBytes(new Uint8Array(64 * 1024), "/fits");
    await sandbox.filesystem.writeBytes(new Uint8Array(64 * 1024 + 1), "/too-big");
    expect((await sandbox.filesystem.readBytes("/fits")).length).toBe(64 * 1024);
    const reading = sandbox.filesystem.readBytes("/too-big").catch(() => "ended with the sandbox");
    const timer = new Promise((resolve) => setTimeout(() => resolve("hangs"), 150));
    expect(await Promise.race([reading, timer])).toBe("hangs");
  });

  it("lists, describes, makes and removes", async () => {
    const { filesystem } = sandbox;
    await filesystem.makeDirectory("/tmp/a/b");
    await filesystem.writeText("1", "/tmp/a/file");
    await run(sandbox, ["ln", "-s", "/tmp/a/file", "/tmp/a/link"]);
    const entries = await filesystem.listFiles("/tmp/a");
    expect(entries.map(({ name, type }) => [name, type])).toEqual([
      ["b", "directory"],
      ["file", "file"],
      ["link", "symlink"],
    ]);
    expect(await filesystem.stat("/tmp/a/link")).toMatchObject({
      type: "symlink",
      symlinkTarget: "/tmp/a/file",
    });
    expect(await filesystem.stat("/tmp/a/file")).toMatchObject({ size: 1, permissions: "rw-r--r--" });
    await filesystem.remove("/tmp/a/link");
    await filesystem.remove("/tmp/a", { recursive: true });
    await expect(filesystem.stat("/tmp/a")).rejects.toThrow(SandboxFilesystemNotFoundError);
  });

  it("has an error of its own for everything that can be wrong", async () => {
    const { filesystem } = sandbox;
    await filesystem.writeText("x", "/e/file");
    await expect(filesystem.readText("/e/none")).rejects.toThrow(SandboxFilesystemNotFoundError);
    await expect(filesystem.readText("/e")).rejects.toThrow(SandboxFilesystemIsADirectoryError);
    await expect(filesystem.writeText("x", "/e")).rejects.toThrow(SandboxFilesystemIsADirectoryError);
    await expect(filesystem.writeText("x", "/e/file/below")).rejects.toThrow(
      SandboxFilesystemNotADirectoryError,
    );
    await expect(filesystem.listFiles("/e/file")).rejects.toThrow(SandboxFilesystemNotADirectoryError);
    await expect(filesystem.remove("/e")).rejects.toThrow(SandboxFilesystemDirectoryNotEmptyError);
    await expect(filesystem.makeDirectory("/e", { createParents: false })).rejects.toThrow(
      SandboxFilesystemPathAlreadyExistsError,
    );
    await expect(filesystem.writeText("x", "/usr/bin/x")).rejects.toThrow(SandboxFilesystemPermissionError);
  });

  it("watches", async () => {
    await sandbox.filesystem.makeDirectory("/watched");
    const events = sandbox.filesystem.watch("/watched", { timeoutMs: 20_000 })[Symbol.asyncIterator]();
    const first = events.next();
    const seen = first.then(() => true);
    while (!(await Promise.race([seen, run(sandbox, ["touch", "/watched/new"]).then(() => false)]))) {
      // Nothing tells a client when the watch is in place.
    }
    expect((await first).value).toEqual({ eventType: "Create", paths: ["/watched/new"] });
    await events.return?.();
  });
});

import { AlreadyExistsError, NotFoundError, type Sandbox } from "modal";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { describe, it, run, type Setup, start, versions } from "../helpers/start.ts";

let setup: Setup;
beforeAll(async () => {
  setup = await start();
});
afterAll(() => setup[Symbol.asyncDispose]());
afterEach(async () => {
  for await (const sandbox of setup.modal.sandboxes.list({ appId: setup.app.appId }))
    await sandbox.terminate();
});

function info(sandbox: Sandbox) {
  const found = setup.emulator.sandboxes().find(({ id }) => id === sandbox.sandboxId);
  if (found === undefined) throw new Error("The emulator does not know this sandbox");
  return found;
}

async function ids(sandboxes: AsyncIterable<Sandbox>): Promise<string[]> {
  const found: string[] = [];
  for await (const { sandboxId } of sandboxes) found.push(sandboxId);
  return found;
}

describe.each(versions)("a sandbox on backend V$version", ({ version, params }) => {
  it("has an id that tells its backend, and keeps what it was made with", async () => {
    const sandbox = await setup.create({
      ...params,
      cpu: 2,
      memoryMiB: 1024,
      cloud: "aws",
      regions: ["us-east"],
      experimentalOptions: { enable_docker: true },
    });
    expect(/^sb-[0-9A-Za-z]{22}$/.test(sandbox.sandboxId)).toBe(version === 1);
    expect(info(sandbox)).toMatchObject({
      version,
      state: "running",
      definition: {
        cpu: 2,
        memoryMiB: 1024,
        cloud: "aws",
        regions: ["us-east"],
        experimentalOptions: { enable_docker: "true" },
        ...(version === 1 && { gpu: { type: "T4", count: 1 } }),
      },
    });
  });

  it("runs until it is terminated", async () => {
    const sandbox = await setup.create(params);
    expect(await sandbox.poll()).toBeNull();
    await sandbox.terminate();
    expect(await sandbox.wait()).toBe(137);
    expect(await sandbox.poll()).toBe(137);
    await sandbox.terminate();
    expect(info(sandbox)).toMatchObject({ state: "finished", result: { status: 3 } });
  });

  it("ends with its own command, whose streams are its streams", async () => {
    const script = "read line; echo out $line; echo err >&2; exit 5";
    const sandbox = await setup.create({ ...params, command: ["sh", "-c", script] });
    await sandbox.stdin.writeText("in\n");
    expect(await sandbox.wait()).toBe(5);
    expect(await sandbox.stdout.readText()).toBe("out in\n");
    expect(await sandbox.stderr.readText()).toBe("err\n");
    expect(info(sandbox)).toMatchObject({
      stdout: "out in\n",
      stderr: "err\n",
      result: { status: 2, exitcode: 5 },
    });
  });

  it("is over when its time is", async () => {
    const sandbox = await setup.create({ ...params, timeoutMs: 3600_000 });
    // The clock also runs by itself, which takes long on a busy machine.
    setup.emulator.clock.advance(3000_000);
    expect(await sandbox.poll()).toBeNull();
    setup.emulator.clock.advance(600_000);
    expect(await sandbox.wait()).toBe(124);
  });

  it("is over when nobody used it for a while, and using it keeps it alive", async () => {
    const sandbox = await setup.create({ ...params, timeoutMs: 7200_000, idleTimeoutMs: 600_000 });
    const { clock } = setup.emulator;
    clock.advance(400_000);
    await run(sandbox, ["true"]);
    clock.advance(400_000);
    const process = await sandbox.exec(["cat"]);
    clock.advance(1200_000);
    expect(await sandbox.poll()).toBeNull();
    await process.stdin.close();
    await process.wait();
    clock.advance(600_000);
    expect(await sandbox.poll()).not.toBeNull();
    expect(info(sandbox).result?.status).toBe(7);
  });

  it("ends in real time when the clock runs fast", async () => {
    const { clock } = setup.emulator;
    const sandbox = await setup.create({ ...params, timeoutMs: 600_000 });
    clock.speed = 10_000;
    try {
      expect(await sandbox.wait()).toBe(124);
    } finally {
      clock.speed = 1;
    }
  });

  it("has tags, by which it is found", async () => {
    const tags = { owner: "me", run: "1" };
    const sandbox = await setup.create({ ...params, tags });
    const other = await setup.create({ ...params, tags: { owner: "you", run: "1" } });
    expect(await sandbox.getTags()).toEqual(tags);
    await sandbox.setTags({ owner: "me", run: "2" });
    const { modal, app } = setup;
    expect(await ids(modal.sandboxes.list({ tags: { run: "2" } }))).toEqual([sandbox.sandboxId]);
    expect(await ids(modal.sandboxes.list({ appId: app.appId }))).toEqual([
      other.sandboxId,
      sandbox.sandboxId,
    ]);
    const elsewhere = await modal.apps.fromName("elsewhere", { createIfMissing: true });
    expect(await ids(modal.sandboxes.list({ appId: elsewhere.appId }))).toEqual([]);
    await sandbox.terminate();
    expect(await ids(modal.sandboxes.list({ tags: { run: "2" } }))).toEqual([]);
  });

  it("is reached again by its id", async () => {
    const sandbox = await setup.create({ ...params, encryptedPorts: [8000] });
    await sandbox.filesystem.writeText("still here", "/root/note");
    sandbox.detach();
    const again = await setup.modal.sandboxes.fromId(sandbox.sandboxId);
    expect((await run(again, ["cat", "/root/note"])).stdout).toBe("still here");
    expect(Object.keys(await again.tunnels())).toEqual(["8000"]);
    await again.terminate();
    await expect((await setup.modal.sandboxes.fromId(sandbox.sandboxId)).exec(["true"])).rejects.toThrow();
  });

  it("is reached by its name, which no other running sandbox has", async () => {
    const sandbox = await setup.create({ ...params, name: "only" });
    const { modal } = setup;
    expect((await modal.sandboxes.fromName("tests", "only")).sandboxId).toBe(sandbox.sandboxId);
    await expect(setup.create({ ...params, name: "only" })).rejects.toThrow(AlreadyExistsError);
    await sandbox.terminate();
    await expect(modal.sandboxes.fromName("tests", "only")).rejects.toThrow(NotFoundError);
    await setup.create({ ...params, name: "only" });
  });

  it("has a machine of its own: root, processes, ports", async () => {
    const [one, two] = await Promise.all([setup.create(params), setup.create(params)]);
    await one.filesystem.writeText("one", "/tmp/mine");
    expect((await run(two, ["ls", "/tmp"])).stdout).toBe("");
    expect((await run(one, ["sh", "-c", "ls -d /proc/[0-9]* | wc -l"])).stdout.trim()).not.toBe("");
    expect((await run(one, ["sh", "-c", "ls /work /root/.ssh"])).code).not.toBe(0);
    expect((await run(one, ["touch", "/usr/bin/x"])).code).not.toBe(0);
    for (const path of ["/workspace", "/models", "/opt/x", "/root/x", "/usr/local/x"]) {
      expect((await run(one, ["mkdir", path])).code).toBe(0);
    }
  });
});

it("is refused for a GPU that Modal does not have, and for more than a day", async () => {
  await expect(setup.create({ gpu: "A1000" })).rejects.toThrow(/Invalid GPU type/);
  await expect(setup.create({ timeoutMs: 25 * 3600_000 })).rejects.toThrow(/24 hours/);
});

it("is V1 without a GPU too, when the SDK is told so", async () => {
  process.env.MODAL_SANDBOX_V2 = "0";
  try {
    const { ModalClient } = await import("modal");
    const modal = new ModalClient();
    const sandbox = await modal.sandboxes.create(setup.app, setup.image);
    expect(info(sandbox)).toMatchObject({ version: 1 });
    expect(await ids(modal.sandboxes.list())).toEqual([sandbox.sandboxId]);
  } finally {
    delete process.env.MODAL_SANDBOX_V2;
  }
});

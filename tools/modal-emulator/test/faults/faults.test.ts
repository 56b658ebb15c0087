import { createHash, randomBytes } from "node:crypto";
import { ConflictError, type Sandbox } from "modal";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { describe, it, run, type Setup, start, versions } from "../helpers/start.ts";

let setup: Setup;
beforeAll(async () => {
  setup = await start();
});
afterAll(() => setup[Symbol.asyncDispose]());
afterEach(async () => {
  setup.emulator.faults.clear();
  for await (const sandbox of setup.modal.sandboxes.list({ appId: setup.app.appId }))
    await sandbox.terminate();
});

function running(): number {
  return setup.emulator.sandboxes().filter(({ state }) => state !== "finished").length;
}

describe.each(versions)("on backend V$version", ({ version, params }) => {
  const create = version === 1 ? "SandboxCreate" : "SandboxCreateV2";

  it("UNAVAILABLE is tried again, three times and no more", async () => {
    const twice = setup.emulator.faults.fail(create, { times: 2 });
    await setup.create(params);
    expect(twice.hits).toBe(2);
    setup.emulator.faults.fail(create, { times: 4, message: "gone for good" });
    await expect(setup.create(params)).rejects.toThrow(/gone for good/);
    expect(running()).toBe(1);
  });

  it("a lost reply leaves one sandbox, not two", async () => {
    const lost = setup.emulator.faults.loseReply(create, { times: 2 });
    const sandbox = await setup.create(params);
    expect(lost.hits).toBe(2);
    expect(running()).toBe(1);
    expect((await run(sandbox, ["echo", "alive"])).stdout).toBe("alive\n");
    const calls = setup.emulator
      .calls()
      .filter(({ method }) => method === create)
      .slice(-3);
    expect(calls.map(({ attempt }) => attempt)).toEqual([0, 1, 2]);
    expect(new Set(calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  });

  it("throttling is waited out, without counting tries", async () => {
    const throttled = setup.emulator.faults.throttle(create, { times: 6, retryAfterMs: 1 });
    await setup.create(params);
    expect(throttled.hits).toBe(6);
  });

  it("no capacity is an error at once when the server says so", async () => {
    setup.emulator.faults.fail(create, { code: "RESOURCE_EXHAUSTED", message: "No capacity" });
    await expect(setup.create(params)).rejects.toThrow(/No capacity/);
    expect(running()).toBe(0);
  });

  it("a create that waits for capacity goes on when there is some", async () => {
    const hold = setup.emulator.faults.holdCapacity();
    const creating = setup.create(params);
    await until(() => hold.waiting === 1);
    expect(setup.emulator.sandboxes().at(-1)?.state).toBe("queued");
    hold.release();
    await creating;
  });

  it("an expired token is renewed", async () => {
    setup.emulator.faults.expireTokens();
    const sandbox = await setup.create(params);
    const before = setup.emulator.calls().length;
    expect((await run(sandbox, ["echo", "renewed"])).stdout).toBe("renewed\n");
    const methods = setup.emulator
      .calls()
      .slice(before)
      .map(({ method }) => method);
    expect(methods.some((method) => method.endsWith("GetCommandRouterAccess"))).toBe(true);
  });

  it("streams that break off lose and repeat nothing", async () => {
    const sandbox = await setup.create(params);
    const { faults } = setup.emulator;
    const bytes = randomBytes(3 * 1024 * 1024);
    const drops = [700_000, 1, 1_500_000].map((afterBytes) =>
      faults.dropStream("TaskExecStdioRead", { afterBytes }),
    );
    const upload = faults.dropStream("TaskExecStdinWriteStream", { afterBytes: 1_000_000 });
    await sandbox.filesystem.writeBytes(bytes, "/data");
    expect(upload.hits).toBe(1);
    const process = await sandbox.exec(["cat", "/data"], { mode: "binary", stderr: "ignore" });
    expect(digest(await process.stdout.readBytes())).toBe(digest(bytes));
    expect(drops.reduce((sum, { hits }) => sum + hits, 0)).toBe(3);
  });

  it("connections that break in mid-stream do no harm", async () => {
    const sandbox = await setup.create(params);
    const process = await sandbox.exec(["sh", "-c", "echo first; sleep 0.3; echo second; exit 4"]);
    const reader = process.stdout.getReader();
    expect((await reader.read()).value).toBe("first\n");
    const exit = process.wait();
    setup.emulator.faults.dropConnections();
    expect((await reader.read()).value).toBe("second\n");
    expect(await exit).toBe(4);
  });

  it("a machine that dies is a sandbox that failed", async () => {
    const sandbox = await setup.create(params);
    const process = await sandbox.exec(["sleep", "1000"]);
    await setup.emulator.faults.crashSandbox(sandbox.sandboxId);
    expect(await process.wait()).toBe(137);
    expect(await sandbox.wait()).toBe(137);
    expect(setup.emulator.sandboxes().at(-1)?.result?.status).toBe(2);
  });

  it("a call that hangs goes on when it is released", async () => {
    const sandbox = await setup.create(params);
    const hold = setup.emulator.faults.hold(/^SandboxTagsSet/);
    const setting = sandbox.setTags({ a: "1" });
    await until(() => hold.waiting === 1);
    expect(await sandbox.getTags()).toEqual({});
    hold.release();
    await setting;
    expect(await sandbox.getTags()).toEqual({ a: "1" });
  });
});

it("a GPU sandbox that is terminated while it waits for capacity never starts", async () => {
  const hold = setup.emulator.faults.holdCapacity({ gpu: "H200" });
  const creating = setup.create({ gpu: "H200", tags: { mine: "1" } });
  await until(() => hold.waiting === 1);
  let found: Sandbox | undefined;
  for await (const sandbox of setup.modal.sandboxes.list({ tags: { mine: "1" } })) found = sandbox;
  await Promise.all([found?.terminate(), expect(creating).rejects.toThrow(ConflictError)]);
  hold.release();
  expect(setup.emulator.billing().some(({ sandboxId }) => sandboxId === found?.sandboxId)).toBe(false);
});

it("an image build can be made to fail, and the next one runs", async () => {
  const { modal, app, emulator } = setup;
  emulator.faults.failImageBuild({ message: "pip could not resolve torch==99" });
  const build = () => modal.images.fromRegistry("debian").dockerfileCommands(["RUN echo built"]).build(app);
  await expect(build()).rejects.toThrow(/could not resolve torch==99/);
  await build();
});

it("a build log that breaks off rejects the build, and building again finds it done", async () => {
  const { modal, app, emulator } = setup;
  emulator.faults.dropStream("ImageJoinStreaming");
  const build = () => modal.images.fromRegistry("debian").dockerfileCommands(["RUN echo b > /b"]).build(app);
  await expect(build()).rejects.toThrow(/cut by an injected fault/);
  const before = emulator.images().length;
  await build();
  expect(emulator.images().length).toBe(before);
});

it("an auth token that expires is fetched again in time", async () => {
  await using short = await start({ tokenLifetimeMs: 3000 });
  const fetched = () => short.emulator.calls().filter(({ method }) => method === "AuthTokenGet").length;
  const before = fetched();
  const sandbox = await short.create();
  await new Promise((resolve) => setTimeout(resolve, 2100));
  await sandbox.setTags({ a: "1" });
  expect(fetched()).toBeGreaterThan(before);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

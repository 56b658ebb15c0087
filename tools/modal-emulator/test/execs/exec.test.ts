import { createHash, randomBytes } from "node:crypto";
import type { Sandbox } from "modal";
import { afterAll, beforeAll, expect } from "vitest";
import { describe, it, run, type Setup, start, versions } from "../helpers/start.ts";

let setup: Setup;
beforeAll(async () => {
  setup = await start({ secrets: { token: { TOKEN: "s3cret" } } });
});
afterAll(() => setup[Symbol.asyncDispose]());

describe.each(versions)("a command on backend V$version", ({ params }) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await setup.create({ ...params, env: { FROM_SANDBOX: "1" }, workdir: "/made/for/it" });
  });

  it("has streams and an exit code of its own", async () => {
    const result = await run(sandbox, ["sh", "-c", "echo out; echo err >&2; exit 3"]);
    expect(result).toEqual({ stdout: "out\n", stderr: "err\n", code: 3 });
  });

  it("streams while it runs", async () => {
    const process = await sandbox.exec(["sh", "-c", "echo one; read line; echo $line"]);
    const reader = process.stdout.getReader();
    expect((await reader.read()).value).toBe("one\n");
    await process.stdin.writeText("two\n");
    expect((await reader.read()).value).toBe("two\n");
    expect(await process.wait()).toBe(0);
  });

  it("reads stdin to its end", async () => {
    const process = await sandbox.exec(["wc", "-c"]);
    await process.stdin.writeText("1234");
    await process.stdin.writeBytes(new Uint8Array([53, 54]));
    await process.stdin.close();
    expect((await process.stdout.readText()).trim()).toBe("6");
  });

  it("carries eight megabytes there and back, exactly", async () => {
    const bytes = randomBytes(8 * 1024 * 1024);
    const process = await sandbox.exec(["cat"], { mode: "binary" });
    const writing = process.stdin.writeBytes(bytes).then(() => process.stdin.close());
    const back = await process.stdout.readBytes();
    await writing;
    expect(digest(back)).toBe(digest(bytes));
  });

  it("gets variables of the sandbox, of secrets and its own, and a working directory", async () => {
    const secrets = [
      await setup.modal.secrets.fromName("token"),
      await setup.modal.secrets.fromObject({ PLAIN: "2" }),
    ];
    const env = { OWN: "3" };
    const script = 'echo "$FROM_SANDBOX $TOKEN $PLAIN $OWN $MODAL_SANDBOX_ID"; pwd';
    expect((await run(sandbox, ["sh", "-c", script], { secrets, env, workdir: "/usr" })).stdout).toBe(
      `1 s3cret 2 3 ${sandbox.sandboxId}\n/usr\n`,
    );
    expect((await run(sandbox, ["pwd"])).stdout).toBe("/made/for/it\n");
  });

  it("ends with 127 when there is no such program", async () => {
    const result = await run(sandbox, ["no-such-program"]);
    expect(result.code).toBe(127);
    expect(result.stderr).toContain("no-such-program");
  });

  it("ends with 128 plus the signal that killed it", async () => {
    expect((await run(sandbox, ["sh", "-c", "kill -TERM $$"])).code).toBe(143);
  });

  it("is killed with its children when its time is over", async () => {
    const process = await sandbox.exec(["sh", "-c", "sleep 98765 & echo started; wait"], {
      timeoutMs: 60_000,
    });
    expect((await process.stdout.getReader().read()).value).toBe("started\n");
    setup.emulator.clock.advance(60_000);
    expect(await process.wait()).toBe(137);
    expect(
      (await run(sandbox, ["sh", "-c", "grep -ac 98765 /proc/*/cmdline | grep -v ':0'"])).stdout,
    ).not.toContain("sleep");
  });

  it("leaves what it started in the background running", async () => {
    await run(sandbox, ["sh", "-c", "sleep 87654 >/dev/null 2>&1 &"]);
    expect((await run(sandbox, ["pgrep", "-f", "sleep 8765[4]"])).code).toBe(0);
  });

  it("can discard its output", async () => {
    const process = await sandbox.exec(["sh", "-c", "head -c 1000000 /dev/zero"], { stdout: "ignore" });
    expect(await process.wait()).toBe(0);
  });

  it("blocks in its pipe while nobody reads, as a real one does", async () => {
    const process = await sandbox.exec(["sh", "-c", "head -c 1000000 /dev/zero"], { mode: "binary" });
    const ended = process.wait();
    expect(await Promise.race([ended, wait(200)])).toBe("still waiting");
    expect((await process.stdout.readBytes()).length).toBe(1_000_000);
    expect(await ended).toBe(0);
  });

  it("has a terminal when it asks for one", async () => {
    expect((await run(sandbox, ["sh", "-c", "test -t 1 && echo terminal"], { pty: true })).stdout).toContain(
      "terminal",
    );
  });
});

it("cannot be started in a sandbox that is over", async () => {
  const sandbox = await setup.create();
  await sandbox.terminate();
  await expect(sandbox.exec(["true"])).rejects.toThrow(/finished/);
  await expect(sandbox.filesystem.readText("/etc/passwd")).rejects.toThrow(/unavailable/);
});

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function wait(milliseconds: number): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve("still waiting"), milliseconds));
}

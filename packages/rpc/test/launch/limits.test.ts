import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LimitsConfig } from "@seer/config";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { findIsolation, launchHost } from "../../src/launch/index.ts";

let directory: string;
let file: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "seer-limits-"));
  file = join(directory, "interface.py");
  await writeFile(
    file,
    `
import os, time

@expose
def take_memory(mebibytes: int) -> int:
    "Takes memory and uses it."
    return len(bytearray(b"x") * (mebibytes << 20)) >> 20

@expose
def start_processes(count: int) -> int:
    "Starts processes, as many as it can."
    started = []
    try:
        for _ in range(count):
            pid = os.fork()
            if pid == 0:
                time.sleep(600)
                os._exit(0)
            started.append(pid)
    except OSError:
        pass
    for pid in started:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    return len(started)

@expose
def write_file(mebibytes: int) -> str:
    "Writes a large temporary file."
    try:
        with open("/tmp/large", "wb") as file:
            for _ in range(mebibytes):
                file.write(bytes(1 << 20))
        return "written"
    except OSError as error:
        return os.strerror(error.errno)
    finally:
        os.unlink("/tmp/large")
`,
  );
});
afterAll(() => rm(directory, { recursive: true }));

const isolation = await findIsolation();

describe.each(isolation.kind === "bubblewrap" ? [isolation, { kind: "none" } as const] : [isolation])(
  "limits in $kind",
  (isolation) => {
    async function launch(resources: LimitsConfig) {
      const host = await launchHost({ file, isolation, resources });
      onTestFinished(() => host.close());
      const client = await host.client();
      onTestFinished(() => client.close());
      await client.describe();
      return client;
    }

    test("memory", async () => {
      const client = await launch({ memoryMiB: 400 });
      expect(await client.call("take_memory", { mebibytes: 50 })).toBe(50);
      // By a control group the worker is killed; a process's own limit is a MemoryError.
      await expect(client.call("take_memory", { mebibytes: 1000 })).rejects.toThrow(/SIGKILL|MemoryError/);
      expect(await client.call("take_memory", { mebibytes: 50 })).toBe(50);
    });

    test("processes", async () => {
      const client = await launch({ processes: 60 });
      const started = (await client.call("start_processes", { count: 200 })) as number;
      expect(started).toBeGreaterThan(5);
      expect(started).toBeLessThan(60);
    });

    test("the size of a file", async () => {
      const client = await launch({ diskMiB: 20 });
      expect(await client.call("write_file", { mebibytes: 5 })).toBe("written");
      expect(await client.call("write_file", { mebibytes: 40 })).toMatch(/File too large|No space left/);
    });
  },
);

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { Sandbox } from "../src/index.ts";
import { isolations, useOwnHome } from "./support/home.ts";
import { processesWith } from "./support/processes.ts";
import { childTimings } from "./support/timings.ts";

const home = useOwnHome();
let owner: ChildProcess | undefined;

afterEach(() => owner?.kill("SIGKILL"));

test.each(isolations)(
  "Ctrl-C at any moment of a start leaves no process, long before the lease is over, with isolation %s",
  async (isolation) => {
    // So that all of them start from the same kept environment.
    await (await new Sandbox({ executionMode: "cli" }, { isolation }).start()).terminate();
    const program = join(import.meta.dirname, "fixtures", "owner.ts");
    const env = { ...process.env, ...childTimings({ leaseMs: 24 * 3600_000 }) };
    for (let atMs = 40; atMs <= 340; atMs += 20) {
      owner = spawn(process.execPath, [program, isolation], { env, stdio: "ignore" });
      await delay(atMs);
      owner.kill("SIGINT");
      if (owner.exitCode === null && owner.signalCode === null) await once(owner, "exit");
      await expect.poll(() => processesWith(home), { message: `at ${atMs} ms` }).toEqual([]);
    }
  },
);

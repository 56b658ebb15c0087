import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Sandbox } from "../src/index.ts";
import { useOwnHome } from "./support/home.ts";
import { processesGone } from "./support/processes.ts";
import { useTinyPackage } from "./support/wheels.ts";

const home = useOwnHome();
const config = { executionMode: "cli" as const, pythonPackages: ["seer-tiny==1.0"] };

beforeAll(useTinyPackage);
afterAll(() => vi.unstubAllEnvs());

test.each([60, 150, 300, 600, 1000, 1500])(
  "kill -9 of the owner %i ms after it began leaves nothing",
  async (ms) => {
    await rm(join(home, "environments"), { recursive: true, force: true });
    const program = join(import.meta.dirname, "fixtures", "start.ts");
    const owner = spawn(process.execPath, [program, JSON.stringify(config)], {
      env: { ...process.env, SEER_LEASE_MS: "300" },
      stdio: "ignore",
    });
    await delay(ms);
    owner.kill("SIGKILL");
    await once(owner, "exit");

    // Installers and sandboxes have their home in their arguments or environment.
    expect(await processesGone(home)).toEqual([]);
    expect(await Sandbox.list()).toEqual([]);
    await using sandbox = await new Sandbox(config).start({ name: "killed" });
    expect(await sandbox.execPython("import seer_tiny; print(seer_tiny.__version__)")).toBe("1.0\n");
    const sandboxes = (await readdir(join(home, "sandboxes"))).filter((name) => name.startsWith("sb-"));
    expect(sandboxes).toEqual([sandbox.sandboxId]);
  },
);

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it as itAlways } from "vitest";
import { describe, it, run } from "./helpers/start.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** Starts the program as a person does, and reads what it says to export. */
async function startProgram(
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<{ child: ChildProcess; env: Record<string, string> }> {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: "", ...env },
  });
  children.push(child);
  const exports: Record<string, string> = {};
  for await (const line of createInterface({ input: child.stdout as NonNullable<typeof child.stdout> })) {
    const [, name = "", value = ""] = /^export (\w+)='(.*)'$/.exec(line) ?? [];
    exports[name] = value;
    if (name === "REQUESTS_CA_BUNDLE") break;
  }
  return { child, env: exports };
}

async function connect(env: Record<string, string>) {
  Object.assign(process.env, env, { MODAL_LOGLEVEL: "ERROR" });
  const { ModalClient } = await import("modal");
  const modal = new ModalClient();
  const app = await modal.apps.fromName("by-hand", { createIfMissing: true });
  return { modal, app };
}

/** Processes of this machine whose command line has a word in it. */
function processesWith(word: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(word);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("the program", () => {
  it("serves a client that has the variables which it prints, until Ctrl-C", async () => {
    const { child, env } = await startProgram(["--secret", "hub=MY_TOKEN"], { MY_TOKEN: "t" });
    const { modal, app } = await connect(env);
    const secrets = [await modal.secrets.fromName("hub")];
    const sandbox = await modal.sandboxes.create(app, modal.images.fromRegistry("debian"), { secrets });
    expect((await run(sandbox, ["sh", "-c", "echo $MY_TOKEN"])).stdout).toBe("t\n");
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(existsSync(dirname(env.NODE_EXTRA_CA_CERTS ?? ""))).toBe(false);
  });

  it("takes every process along when it is killed, wherever it was", async () => {
    const marker = `marker-${process.pid}-${Date.now()}`;
    const { child, env } = await startProgram();
    const { modal, app } = await connect(env);
    const image = modal.images.fromRegistry("debian");
    const command = ["sh", "-c", `sleep 1000 # ${marker}`];
    for (const params of [{ command }, { command, gpu: "T4" }])
      await modal.sandboxes.create(app, image, params);
    const sandbox = await modal.sandboxes.create(app, image);
    await run(sandbox, ["sh", "-c", `setsid -f sh -c 'sleep 1000; true ${marker}' >/dev/null 2>&1`]);
    const building = image.dockerfileCommands([`RUN sleep 1000; true ${marker}`]).build(app);
    const refused = building.catch(() => {});
    await until(() => processesWith(`true ${marker}`).length >= 4);
    expect(processesWith(marker).length).toBeGreaterThanOrEqual(6);
    child.kill("SIGKILL");
    await until(() => processesWith(marker).length === 0);
    void refused;
  });
});

itAlways("the program says what it needs where there is no bubblewrap", async () => {
  const child = spawn(process.execPath, [main], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: "/nowhere" },
  });
  children.push(child);
  let complaint = "";
  for await (const chunk of child.stderr) complaint += chunk;
  expect(complaint).toMatch(/cannot run on this machine[\s\S]*bubblewrap/);
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { RpcClient, type ServedInterface } from "@seer/rpc";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type IsolationChoice, Sandbox, ScopedSandbox } from "../src/index.ts";
import { isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";
import { processesGone, processesWith } from "./support/processes.ts";
import { childTimings } from "./support/timings.ts";

const home = useOwnHome();
// People have a minute and a half; a test has not.
const leaseMs = 1500;
const owners: ChildProcess[] = [];
let file: string;

beforeAll(async () => {
  vi.stubEnv("SEER_TEST_TOKEN", "sk-DoNotShowThisToAnybody");
  file = join(await temporaryDirectory(), "interface.py");
  await writeFile(
    file,
    "calls = 0\n\n@expose\ndef count() -> int:\n    global calls\n    calls += 1\n    return calls\n",
  );
});
afterEach(() => {
  for (const owner of owners.splice(0)) owner.kill("SIGKILL");
});
afterAll(() => vi.unstubAllEnvs());

const kinds: [string, IsolationChoice, boolean][] = [
  ...isolations.map((isolation): [string, IsolationChoice, boolean] => [isolation, isolation, true]),
  ...(isolations.includes("bubblewrap" as never)
    ? [["bubblewrap, without network", "bubblewrap", false] as [string, IsolationChoice, boolean]]
    : []),
];

describe.each(kinds)("with isolation %s", (_, isolation, egress) => {
  test("after kill -9 of its owner, a sandbox continues with a process that attaches to it", async () => {
    const { owner, id, name, served } = await startOwner(isolation, egress);
    await using before = await clientOf(served[0]);
    expect(await before.call("count")).toBe(1);
    owner.kill("SIGKILL");
    await once(owner, "exit");

    const taken = await ScopedSandbox.fromId(name);
    expect(taken.sandboxId).toBe(id);
    // It is held now, well beyond what its lease was.
    await delay(2 * leaseMs);
    expect(await taken.exec("cat note; echo; echo $SEER_TEST_TOKEN")).toBe(
      "of the owner\nsk-DoNotShowThisToAnybody\n",
    );
    await taken.writeFile("more", "of another");
    expect(new TextDecoder().decode(await taken.readFile("more"))).toBe("of another");
    expect(await taken.exec(`pgrep -fcx 'sleep 300.${owner.pid}'`)).toBe("1\n");

    // The address and the token that an agent was given are still good, and what is loaded has its state.
    expect(taken.served).toMatchObject([{ name: "tools", url: served[0]?.url, token: served[0]?.token }]);
    await using after = await clientOf(served[0]);
    expect(await after.call("count")).toBe(2);
    expect(await before.call("count")).toBe(3);
    const library = await taken.serve(file, { exposeAs: "library", name: "tools" });
    expect(library.name).toBe("tools");
    await taken.serve(file, { exposeAs: "prompt", name: "again" });
    await using another = await clientOf(taken.served.find((one) => one.name === "again"));
    expect(await another.call("count")).toBe(1);
    expect(await Sandbox.list()).toMatchObject([
      { id, state: "running", ownerPid: owner.pid, ownerAlive: false, interfaces: ["tools", "again"] },
    ]);

    const snapshot = await taken.terminate({ saveSnapshot: true });
    expect(processesWith(id)).toEqual([]);
    expect(existsSync(join(home, "sandboxes", id))).toBe(false);
    expect(await Sandbox.list()).toEqual([]);
    await Sandbox.removeSnapshot(snapshot);
  });

  test("detaching from a sandbox whose owner has died leaves it to its lease", async () => {
    const { owner, id } = await startOwner(isolation, egress);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    const taken = await Sandbox.fromId(id);
    await taken[Symbol.asyncDispose]();
    await using again = await Sandbox.fromId(id);
    expect(await again.exec("cat note")).toBe("of the owner");
    await again[Symbol.asyncDispose]();
    expect(processesWith(id).length).toBeGreaterThan(0);
    expect(await processesGone(id)).toEqual([]);
    // Its first process is the last to go.
    await expect.poll(() => Sandbox.list()).toEqual([]);
  });
});

test("a sandbox can be attached to only after its start is complete", async () => {
  const said = Promise.withResolvers<void>();
  const errors: unknown[] = [];
  const onProgress = (line: string) => {
    if (!line.startsWith("Copying")) return;
    void Sandbox.list()
      .then(async ([info]) => {
        expect(info).toMatchObject({ name: "early", state: "starting" });
        errors.push(await Sandbox.fromId("early").catch((error: unknown) => error));
      })
      .then(said.resolve, said.reject);
  };
  const folder = await temporaryDirectory();
  for (let index = 0; index < 300; index++) await writeFile(join(folder, `${index}`), "x");
  const localDirs: [string, string][] = [[folder, "/workspace/data"]];
  const starting = new Sandbox({ executionMode: "cli", localDirs }, { onProgress }).start({ name: "early" });
  await said.promise;
  expect(errors).toMatchObject([
    { code: "environment/not-found", message: "The sandbox early is still starting" },
  ]);
  await using sandbox = await starting;
  expect((await Sandbox.list())[0]?.state).toBe("running");
  await using taken = await Sandbox.fromId("early");
  expect(taken.sandboxId).toBe(sandbox.sandboxId);
});

async function startOwner(isolation: IsolationChoice, egress: boolean) {
  const program = join(import.meta.dirname, "fixtures", "scoped-owner.ts");
  const config = { executionMode: "cli", egress, secrets: ["SEER_TEST_TOKEN"] };
  const request = JSON.stringify({ config, options: { isolation }, file });
  const owner = spawn(process.execPath, [program, request], {
    env: { ...process.env, ...childTimings({ leaseMs }) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  owners.push(owner);
  const [line] = (await once(createInterface({ input: owner.stdout }), "line")) as [string];
  return { owner, ...(JSON.parse(line) as { id: string; name: string; served: ServedInterface[] }) };
}

async function clientOf(served: Pick<ServedInterface, "url" | "token"> | undefined): Promise<RpcClient> {
  return await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
}

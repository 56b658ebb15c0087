import { fileURLToPath } from "node:url";
import { readCosts, Sandbox, ScopedSandbox } from "@seer/environment";
import { NdArray, RpcClient } from "@seer/rpc";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limits, ours, prefix, useOwnApp } from "./modal.ts";

useOwnApp();
const name = `${prefix}-cpu`;
const interfaceFile = fileURLToPath(new URL("fixtures/interface.py", import.meta.url));
let sandbox: ScopedSandbox;

beforeAll(async () => {
  sandbox = new ScopedSandbox(
    { ...limits, pythonPackages: ["numpy"], env: { GREETING: "hello" } },
    { onProgress: (line) => console.error(`· ${line}`) },
  );
  await sandbox.start({ name });
});
afterAll(() => sandbox.terminate());

test("commands and Python run, with streams and exit codes apart", async () => {
  expect(await sandbox.exec("echo $GREETING; pwd")).toBe("hello\n/workspace\n");
  expect(await sandbox.execPython("import numpy; print(numpy.arange(3).sum())")).toBe("3\n");
  const result = await sandbox.run("cat; echo err >&2; exit 3", { stdin: "in" });
  expect(result).toMatchObject({ exitCode: 3, stdout: "in", stderr: "err\n" });
});

test("files of some size come back as they were", async () => {
  const bytes = new Uint8Array(3_000_000).map((_, index) => (index * 31) % 251);
  await sandbox.writeFile("data/large.bin", bytes);
  expect(Buffer.compare(await sandbox.readFile("/workspace/data/large.bin"), bytes)).toBe(0);
});

test("an interface is served and called, arrays included", async () => {
  await sandbox.serve(interfaceFile, { exposeAs: "library", name: "live" });
  const [served] = sandbox.served;
  if (served === undefined) throw new Error("Nothing is served");
  await using client = await RpcClient.connect({ url: served.url, token: served.token });
  expect(await client.call("greet", { name: "Ada" })).toBe("hello Ada");
  const doubled = await client.call("double", { values: NdArray.from(new Float64Array([1, 2.5])) });
  expect((doubled as NdArray).toNestedList()).toEqual([2, 5]);
  expect((await fetch(served.url)).status).toBe(401);
});

test("it is found by its name, from anywhere", async () => {
  expect((await ours()).map((one) => one.name)).toEqual([name]);
  await using again = await ScopedSandbox.fromId(name);
  expect(again.sandboxId).toBe(sandbox.sandboxId);
  expect(again.served.map((one) => one.name)).toEqual(["live"]);
});

test.each([
  [{ pythonPackages: ["seer-no-such-package"] }, "environment/package-install-failed"],
  [{ systemPackages: ["seer-no-such-package"] }, "environment/system-packages-missing"],
])("what cannot be installed is named, from the log that Modal keeps: %j", async (wanted, code) => {
  const starting = new Sandbox({ ...limits, ...wanted }).start({ name: `${prefix}-missing` });
  await expect(starting).rejects.toMatchObject({
    code,
    message: expect.stringContaining("seer-no-such-package"),
  });
});

test("a snapshot brings its files back", async () => {
  await sandbox.writeFile("note.txt", "kept");
  const snapshot = await sandbox.snapshot(`${prefix} note`);
  await using restored = await Sandbox.fromSnapshot(snapshot, { ...limits }, { name: `${prefix}-restored` });
  expect(await restored.exec("cat note.txt")).toBe("kept");
  await restored.terminate();
  await Sandbox.removeSnapshot(snapshot);
});

test("after terminate nothing runs, and it is known what it has cost", async () => {
  await sandbox.terminate();
  await expect.poll(ours, { timeout: 60_000, interval: 2000 }).toEqual([]);
  const cost = (await readCosts()).find((run) => run.sandboxes.includes(sandbox.sandboxId));
  expect(cost).toMatchObject({ name, backend: "modal", gpu: null, state: "ended" });
});

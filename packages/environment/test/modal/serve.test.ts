import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { RpcClient } from "@seer/rpc";
import { findPython } from "@seer/rpc/launch";
import { directoryTarget, installWorkspace, Workspace } from "@seer/workspace";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ScopedSandbox } from "../../src/index.ts";
import { errorOf, temporaryDirectory, useOwnHome } from "../support/home.ts";
import { startModal } from "../support/modal-session.ts";

useOwnHome();
const fixture = join(import.meta.dirname, "..", "fixtures", "interface", "interface.py");
const secret = "sk-DoNotShowThisToAnybody";
let emulator: ModalEmulator;

describe.skipIf((await emulationObstacle()) !== undefined)("interfaces on Modal", () => {
  beforeAll(async () => {
    vi.stubEnv("SEER_TEST_TOKEN", secret);
    ({ emulator } = await startModal());
    emulator.trustTunnels();
  });
  afterAll(() => vi.unstubAllEnvs());

  describe.each([
    { version: 2, config: {} },
    { version: 1, config: { gpu: "T4" } },
  ])("of version $version", ({ version, config }) => {
    let scoped: ScopedSandbox;

    beforeAll(async () => {
      scoped = await new ScopedSandbox({
        ...config,
        backend: "modal",
        executionMode: "cli",
        secrets: ["SEER_TEST_TOKEN"],
      }).start({ name: `serves-${version}` });
    });
    afterAll(() => scoped.terminate());

    test("a library calls the functions from another program", async () => {
      const library = await scoped.serve(fixture, { exposeAs: "library", name: "model_tools" });
      const directory = await temporaryDirectory();
      const workspace = new Workspace({ libraries: [library] });
      const { libraryDir } = await installWorkspace(workspace, directoryTarget(directory), {
        root: directory,
      });
      const { executable } = await findPython();
      const program = "import model_tools; print(model_tools.predict('zero', times=2)['text'])";
      const env = { ...process.env, ...emulator.env, PYTHONPATH: libraryDir };
      const { stdout } = await promisify(execFile)(executable, ["-c", program], { env });
      expect(stdout).toBe("zero one two\n");
    });

    test("the client calls over a tunnel, which leads nowhere without the token", async () => {
      const [served] = scoped.served;
      expect(served?.url).toMatch(/^https:/);
      await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
      expect(await client.call("predict", { text: "zero" })).toMatchObject({ text: "zero one" });
      expect(await client.call("where")).toMatchObject({
        cwd: "/workspace",
        file: "/workspace/interface.py",
      });
      const error = await errorOf(client.call("leak"));
      expect(error.message).toContain("no access with");
      expect(`${error.message}${error.stack}`).not.toContain(secret);
      const answer = await fetch(new URL("/calls", served?.url), { method: "POST", body: "{}" });
      expect([401, 403, 404]).toContain(answer.status);
    });

    test("every other form is served as well, on ports of their own", async () => {
      const [mcp, prompt, skill] = await Promise.all([
        scoped.serve(fixture, { exposeAs: "mcp", name: "as_mcp" }),
        scoped.serve(fixture, { exposeAs: "prompt", name: "as_prompt" }),
        scoped.serve(fixture, { exposeAs: "skill", name: "as_skill" }),
      ]);
      expect(Object.keys(mcp)).toEqual(["as_mcp"]);
      expect(prompt).toContain("predict");
      expect(Object.keys(skill.files)).toContain("SKILL.md");
      expect(new Set(scoped.served.map(({ url }) => url)).size).toBe(4);
      for (const { url, token } of scoped.served) {
        await using client = await RpcClient.connect({ url, token });
        expect(await client.call("predict", { text: "zero" })).toMatchObject({ text: "zero one" });
      }
    });

    test("another process takes them up, and lists them", async () => {
      await using again = await ScopedSandbox.fromId(`serves-${version}`);
      const places = (all: typeof scoped.served) => all.map(({ name, url, token }) => [name, url, token]);
      expect(places(again.served).toSorted()).toEqual(places(scoped.served).toSorted());
      const listed = (await ScopedSandbox.list()).find(({ id }) => id === scoped.sandboxId);
      expect(listed?.interfaces.toSorted()).toEqual(["as_mcp", "as_prompt", "as_skill", "model_tools"]);
      expect(listed?.kind).toBe("scoped");
      const tags = JSON.stringify(emulator.sandboxes().find(({ id }) => id === scoped.sandboxId)?.tags);
      for (const { token } of scoped.served) expect(tags).not.toContain(token);
    });

    test("an edited file is loaded again under its address and token, and a bad edit is not", async () => {
      const file = join(await temporaryDirectory(), "edited.py");
      const write = (code: string) =>
        writeFile(file, `${code}\n\n@expose\ndef get() -> int:\n    return value\n`);
      await write("value = 1");
      await scoped.serve(file, { exposeAs: "prompt" });
      const served = () => scoped.served.find(({ name }) => name === "edited");
      const { url = "", token = "" } = served() ?? {};
      await using client = await RpcClient.connect({ url, token });
      expect(await client.call("get")).toBe(1);
      await write("value = 2");
      await scoped.serve(file, { exposeAs: "prompt" });
      expect(served()).toMatchObject({ url, token, description: { revision: 2 } });
      expect(await client.call("get")).toBe(2);
      await write("value = [][0]");
      const error = await errorOf(scoped.serve(file, { exposeAs: "prompt" }));
      expect(error).toMatchObject({ code: "environment/interface-failed" });
      expect(error.message).toMatch(/previous version is still served:\n.*IndexError/s);
      expect(await client.call("get")).toBe(2);
      expect(await scoped.exec("cat edited.py")).toContain("value = 2");
    });

    test("what does not load says why, and leaves its port to others", async () => {
      const hosts = async () => Number(await scoped.exec("pgrep -fc '[s]eer_host' || true"));
      const before = await hosts();
      const broken = join(await temporaryDirectory(), "broken.py");
      await writeFile(broken, "import nothing_like_it\n");
      const error = await errorOf(scoped.serve(broken, { exposeAs: "prompt" }));
      expect(error).toMatchObject({ code: "environment/interface-failed" });
      expect(error.message).toContain("nothing_like_it");
      const port = await errorOf(
        scoped.serve(fixture, { exposeAs: "prompt", name: "elsewhere", port: 9999 }),
      );
      expect(port).toMatchObject({ code: "environment/port-unavailable" });
      await expect.poll(hosts).toBe(before);
    });

    test("logs are shown", async () => {
      const printed = vi.spyOn(console, "log").mockImplementation(() => {});
      const logs = await scoped.showRpcLogs({ lines: 20, name: "model_tools" });
      printed.mockRestore();
      expect(logs).toContain("token ");
      expect(logs).not.toContain(secret);
    });
  });
});

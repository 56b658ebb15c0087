import { emulationObstacle } from "@seer/modal-emulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imageLayers } from "../../src/backends/modal/image/layers.ts";
import { Sandbox } from "../../src/index.ts";
import { useOwnHome } from "../support/home.ts";
import { apiUrl, Kernel } from "../support/kernel.ts";
import { startModal } from "../support/modal-session.ts";

useOwnHome();

describe.skipIf((await emulationObstacle()) !== undefined)("the Jupyter server of a sandbox on Modal", () => {
  let sandbox: Sandbox;
  const progress: string[] = [];

  beforeAll(async () => {
    const { emulator } = await startModal();
    emulator.trustTunnels();
    sandbox = await new Sandbox(
      // Too old for the newest kernels.
      { backend: "modal", pythonPackages: ["traitlets==5.9.0"], env: { GREETING: "hello" } },
      { onProgress: (line) => progress.push(line) },
    ).start();
  });
  afterAll(() => sandbox.terminate());

  test("is reached through a tunnel, and its kernels have the sandbox's packages", async () => {
    expect(sandbox.jupyterUrl).toMatch(/^https:\/\/.*\/\?token=[\w-]{43}$/);
    await using kernel = await Kernel.start(sandbox.jupyterUrl ?? "");
    const code =
      "import os, sys, traitlets; print(os.getcwd(), os.environ['GREETING'], traitlets.__version__)";
    expect(await kernel.execute(code)).toBe("/workspace hello 5.9.0\n");
    expect(await kernel.execute(`print(${JSON.stringify("x".repeat(50_000))})`)).toHaveLength(50_001);
  });

  test("rejects requests without its token", async () => {
    const url = apiUrl(sandbox.jupyterUrl ?? "", "/api/kernels");
    url.search = "";
    expect((await fetch(url)).status).toBe(403);
    expect(progress.filter((line) => line.startsWith("Jupyter server: https:"))).toHaveLength(1);
  });

  test("is found by a process that attaches to the sandbox", async () => {
    await using other = await Sandbox.fromId(sandbox.sandboxId);
    expect(other.jupyterUrl).toBe(sandbox.jupyterUrl);
  });

  test("is installed for a snapshot of a sandbox without it", async () => {
    const config = { backend: "modal", executionMode: "cli" } as const;
    const cli = await new Sandbox(config).start();
    await cli.writeFile("note", "kept");
    const snapshot = await cli.terminate({ saveSnapshot: true });
    await using again = await Sandbox.fromSnapshot(snapshot, { executionMode: "notebook" });
    await using kernel = await Kernel.start(again.jupyterUrl ?? "");
    expect(await kernel.execute("print(open('note').read())")).toBe("kept\n");
  });
});

test("code-server is installed into the image by its own installer, at a pinned version", () => {
  const spec = { python: { kind: "python", packages: [] }, systemPackages: [], docker: false } as const;
  const layers = imageLayers({ ...spec, services: ["code-server"] }, new Uint8Array());
  const commands = layers.find(({ title }) => title === "code-server")?.commands.join("\n");
  expect(commands).toContain("https://code-server.dev/install.sh");
  expect(commands).toMatch(/--method=standalone --prefix=\/opt\/seer\/code-server --version=\d+\.\d+\.\d+ /);
  expect(imageLayers(spec, new Uint8Array()).map(({ kind }) => kind)).not.toContain("services");
});

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { findPython } from "@seer/rpc/launch";
import type { Image } from "modal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ImageSpec } from "../../src/backends/modal/image/layers.ts";
import { sandboxImage } from "../../src/backends/modal/image/sandbox-image.ts";
import type { ModalSession } from "../../src/backends/modal/session.ts";
import { errorOf, temporaryDirectory } from "../support/home.ts";
import { startModal } from "../support/modal-session.ts";

let emulator: ModalEmulator;
let session: ModalSession;
let wheels: { url: string; close: () => void };

beforeAll(async () => {
  ({ emulator, session } = await startModal({ systemPackages: ["libpretended-dev"] }));
  wheels = await serveTinyPackage();
});
afterAll(() => wheels.close());

describe.skipIf((await emulationObstacle()) !== undefined)("the image of a sandbox on Modal", () => {
  it("has a Python of its own with the packages, and Seer's part", async () => {
    const { image, lines } = await build({ packages: [wheel("1.0")] });
    const found = await run(image, [
      "/opt/seer/python/bin/python",
      "-c",
      "import sys, seer_tiny; print(sys.prefix, seer_tiny.__version__)",
    ]);
    expect(found).toBe("/opt/seer/python 1.0\n");
    const path = "PYTHONPATH=/opt/seer/init:/opt/seer/host /opt/seer/python/bin/python";
    const imports = "import seer_init, seer_tools, seer_host; print('all three')";
    expect(await run(image, ["sh", "-c", `${path} -c "${imports}"`])).toBe("all three\n");
    expect(await run(image, ["sh", "-c", "cd /workspace && ls -d /models /opt/seer/logs && ls"])).toBe(
      "/models\n/opt/seer/logs\n",
    );
    expect(lines.join("\n")).toMatch(/Image: python:3\.12-slim[\s\S]*Image: seer-tiny @/);
  });

  it("is built once for one configuration, whatever the order of its packages", async () => {
    const packages = [wheel("2.0"), "pip"];
    const first = await build({ packages });
    const again = await build({ packages: packages.toReversed() });
    expect(again.image.imageId).toBe(first.image.imageId);
    expect(again.lines).toEqual([]);
  });
});

async function build(
  spec: Partial<Omit<ImageSpec, "python">> & { packages?: readonly string[]; version?: string },
  signal?: AbortSignal,
): Promise<{ image: Image; lines: string[] }> {
  const { packages = [], version, systemPackages = [], docker = false } = spec;
  const lines: string[] = [];
  const image = await sandboxImage(
    session,
    {
      python: { kind: "python", packages, ...(version === undefined ? {} : { version }) },
      systemPackages,
      docker,
    },
    { signal, onProgress: (line) => lines.push(line) },
  );
  return { image, lines };
}

async function run(image: Image, command: string[]): Promise<string> {
  const sandbox = await session.client.sandboxes.create(session.app, image);
  try {
    const process = await sandbox.exec(command);
    const [stdout, stderr] = await Promise.all([process.stdout.readText(), process.stderr.readText()]);
    expect(stderr).toBe("");
    return stdout;
  } finally {
    await sandbox.terminate();
  }
}

/** A package `seer-tiny`, at `URL/1.0` and `URL/2.0`: builds in the emulator reach this machine's loopback. */
async function serveTinyPackage() {
  const directory = await temporaryDirectory();
  const { executable } = await findPython();
  const script = join(import.meta.dirname, "..", "fixtures", "make_wheel.py");
  for (const version of ["1.0", "2.0"]) {
    await promisify(execFile)(executable, [script, directory, "seer_tiny", version]);
  }
  const server = createServer(async (request, response) => {
    const name = basename(request.url ?? "");
    response.end(await readFile(join(directory, name)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

function wheel(version: string): string {
  return `seer-tiny @ ${wheels.url}/seer_tiny-${version}-py3-none-any.whl`;
}

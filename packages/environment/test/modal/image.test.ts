import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { findPython } from "@seer/rpc/launch";
import type { Image } from "modal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ImageSpec, imageLayers } from "../../src/backends/modal/image/layers.ts";
import { sandboxImage } from "../../src/backends/modal/image/sandbox-image.ts";
import { shellCommand } from "../../src/backends/modal/image/shell-commands.ts";
import { sourceArchive } from "../../src/backends/modal/image/source-archive.ts";
import type { ModalSession } from "../../src/backends/modal/session.ts";
import { errorOf, temporaryDirectory } from "../support/home.ts";
import { startModal } from "../support/modal-session.ts";

let emulator: ModalEmulator;
let session: ModalSession;
let wheels: { url: string; close: () => void };

describe.skipIf((await emulationObstacle()) !== undefined)("the image of a sandbox on Modal", () => {
  beforeAll(async () => {
    ({ emulator, session } = await startModal({
      systemPackages: ["libpretended-dev"],
      builtImagesDirectory: undefined,
    }));
    wheels = await serveTinyPackage();
  });
  afterAll(() => wheels.close());

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

  it("says which package cannot be installed, with the installer's own words", async () => {
    const error = await errorOf(
      build({ packages: ["pip", `seer-missing @ ${wheels.url}/seer_missing-1-py3-none-any.whl`] }),
    );
    expect(error.code).toBe("environment/package-install-failed");
    expect(error.message).toMatch(/^seer-missing @ http.* cannot be installed:\n[\s\S]*404/);
  });

  it("keeps tokens in the URLs of packages out of its lines and errors", async () => {
    const lines: string[] = [];
    const url = wheels.url.replace("//", "//reader:t0psecret@");
    const packages = [`seer-missing @ ${url}/absent-1-py3-none-any.whl`];
    const spec = { python: { kind: "python", packages }, systemPackages: [], docker: false } as const;
    const error = await errorOf(sandboxImage(session, spec, { onProgress: (line) => lines.push(line) }));
    expect(lines.join("\n")).toContain("Image: seer-missing @ http://127.0.0.1");
    expect([...lines, error.message, error.hint].join("\n")).not.toContain("t0psecret");
  });

  it("says which system packages Debian does not have, and takes those that it has", async () => {
    const error = await errorOf(build({ systemPackages: ["libpretended-dev", "no-such-package-1"] }));
    expect(error.code).toBe("environment/system-packages-missing");
    expect(error.message).toMatch(/^Debian has no package no-such-package-1:\n[\s\S]*E: Unable to locate/);
    await build({ systemPackages: ["libpretended-dev"] });
  });

  it("keeps what packages are called from the shell", async () => {
    const error = await errorOf(build({ packages: ["seer-tiny; $(echo expanded >&2) `id` ' \" \\"] }));
    expect(error.code).toBe("environment/package-install-failed");
    expect(error.message).toContain("$(echo expanded >&2) `id`");
    expect(error.message).not.toMatch(/^expanded$/m);
  });

  it.each([
    ["The builder ran out of disk", "environment/image-failed"],
    ["manifest for python:3.99-slim not found", "environment/python-not-found"],
  ])("says that a base image cannot be fetched: %s", async (message, code) => {
    emulator.faults.failImageBuild({ message });
    const error = await errorOf(build({ version: "3.99" }));
    expect(error.code).toBe(code);
    expect(error.message).toContain("python:3.99-slim");
    expect(error.message).toContain(message);
  });

  it("resumes an interrupted log stream", async () => {
    emulator.faults.dropStream("ImageJoinStreaming", { afterBytes: 200 });
    const from = emulator.calls().length;
    await build({ systemPackages: ["coreutils", "libpretended-dev"] });
    const joins = emulator
      .calls()
      .slice(from)
      .filter(({ method }) => method === "ImageJoinStreaming");
    expect(joins.length).toBeGreaterThan(1);
  });

  it("gives up when its signal aborts", async () => {
    const abort = new AbortController();
    const hold = emulator.faults.hold("ImageJoinStreaming");
    const building = errorOf(build({ systemPackages: ["bash", "libpretended-dev"] }, abort.signal));
    await expect.poll(() => hold.waiting).toBe(1);
    abort.abort(new Error("enough"));
    expect((await building).message).toBe("enough");
    await expect.poll(() => hold.waiting).toBe(0);
    hold.release();
  });
});

describe("the layers of an image", () => {
  const spec = {
    python: { kind: "python", packages: ["torch"] },
    systemPackages: ["ffmpeg"],
    docker: true,
  } as const;

  it("stay the same under Seer's sources, which are the same bytes every time", async () => {
    const sources = await sourceArchive();
    expect(sources.equals(await sourceArchive())).toBe(true);
    const before = imageLayers(spec, sources);
    const after = imageLayers(spec, Buffer.concat([sources, Buffer.from("changed")]));
    expect(before.map(({ kind }) => kind).at(-1)).toBe("sources");
    expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
    expect(after.at(-1)).not.toEqual(before.at(-1));
  });

  it("have no line that a Dockerfile or a shell cannot take", () => {
    // What cannot be compressed; far more than there is.
    const sources = randomBytes(400_000);
    for (const { commands } of imageLayers(spec, sources)) {
      for (const command of commands) {
        expect(command).not.toContain("\n");
        expect(command.length).toBeLessThan(65_000);
      }
    }
  });
});

it.each(["plain", "two words", "it's", '$HOME `id` "quoted" \\ ;&|<>()*?#~!', "", "-x"])(
  "a shell reads %j back as it was",
  (word) => {
    const command = `printf '%s|' ${shellCommand(["a", word, "b"])}`;
    expect(execFileSync("sh", ["-c", command], { encoding: "utf8" })).toBe(`a|${word}|b|`);
  },
);

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
    const wheel = await readFile(join(directory, name)).catch(() => undefined);
    response.writeHead(wheel === undefined ? 404 : 200).end(wheel);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

function wheel(version: string): string {
  return `seer-tiny @ ${wheels.url}/seer_tiny-${version}-py3-none-any.whl`;
}

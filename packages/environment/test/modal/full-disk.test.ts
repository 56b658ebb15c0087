import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { emulationObstacle } from "@seer/modal-emulator";
import { expect, test } from "vitest";
import { temporaryDirectory, useOwnHome } from "../support/home.ts";

useOwnHome();

test.skipIf((await emulationObstacle()) !== undefined)(
  "disks of Modal that are full are said, and nothing is left",
  async () => {
    const folder = await temporaryDirectory();
    const state = join(folder, "state");
    const large = join(folder, "large");
    const sandboxes = join(folder, "sandboxes");
    const volumes = join(state, "volumes");
    for (const directory of [volumes, large, sandboxes]) await mkdir(directory, { recursive: true });
    const program = join(import.meta.dirname, "..", "fixtures", "full-modal-disk.ts");
    // Small disks of their own, which nothing but a file system can be.
    const disks = [
      ...["--size", String(6 << 20), "--tmpfs", sandboxes],
      ...["--size", String(4 << 20), "--tmpfs", volumes],
    ];
    const { stdout } = await promisify(execFile)(
      "bwrap",
      ["--dev-bind", "/", "/", ...disks, "--", process.execPath, program, state, large],
      { env: { ...process.env, TMPDIR: sandboxes } },
    );
    const full = (message: RegExp) => ({
      code: "environment/disk-full",
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
    expect(JSON.parse(stdout)).toEqual({
      files: full(/the sandbox on Modal: No space left on device: '\/workspace\/large\.bin'/),
      directories: full(/the sandbox on Modal: No space left on device: '\/workspace\/large\/large\.bin'/),
      models: full(/The volume on Modal is full: The download needs 8\.4 MB/),
      left: [],
    });
  },
);

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { describe, it, run, type Setup, start } from "../helpers/start.ts";

let setup: Setup;
beforeAll(async () => {
  setup = await start({ systemPackages: ["libpretended-dev"], secrets: { registry: { TOKEN: "t0ken" } } });
});
afterAll(() => setup[Symbol.asyncDispose]());

function base() {
  return setup.modal.images.fromRegistry("debian:bookworm-slim");
}

function logOf(imageId: string): string {
  return setup.emulator.images().find((image) => image.id === imageId)?.log ?? "";
}

describe("an image", () => {
  it("is built by really running its commands, layer over layer", async () => {
    const { modal, app } = setup;
    const image = await base()
      .dockerfileCommands([
        "ENV GREETING=hello DIR=/srv/work",
        "WORKDIR $DIR",
        'RUN echo "$GREETING" > one && rm /etc/hosts',
      ])
      .dockerfileCommands(["RUN echo two > two && cat one"])
      .build(app);
    expect(logOf(image.imageId)).toContain("hello\n");
    await using sandbox = await disposable(modal.sandboxes.create(app, image));
    const { stdout } = await run(sandbox, ["sh", "-c", "pwd; cat one two; echo $GREETING; ls /etc/hosts"]);
    expect(stdout).toBe("/srv/work\nhello\ntwo\nhello\n");
  });

  it("is not built again for the same commands, unless that is asked for", async () => {
    const { app } = setup;
    const build = (commands: string[], forceBuild = false) =>
      base().dockerfileCommands(commands, { forceBuild }).build(app);
    const first = await build(["RUN date +%N > /stamp"]);
    expect((await build(["RUN date +%N > /stamp"])).imageId).toBe(first.imageId);
    expect((await build(["RUN date +%s > /stamp"])).imageId).not.toBe(first.imageId);
    expect((await build(["RUN date +%N > /stamp"], true)).imageId).not.toBe(first.imageId);
  });

  it("fails with its log when a command fails, and can be built once that is mended", async () => {
    const { app, emulator } = setup;
    const failing = base().dockerfileCommands([
      "RUN echo before",
      "RUN echo broken >&2; exit 7",
      "RUN echo after",
    ]);
    await expect(failing.build(app)).rejects.toThrow(/RUN echo broken .*exit code 7/);
    const failed = emulator.images().find((image) => image.status === "failed");
    expect(failed?.log).toContain("before\n");
    expect(failed?.log).toContain("broken\n");
    expect(failed?.log).not.toContain("after\n");
  });

  it("sees a layer's secrets and variables while it is built, and only then", async () => {
    const { app, modal } = setup;
    const image = await base()
      .dockerfileCommands(["RUN echo $TOKEN $MODE > /seen"], {
        secrets: [await modal.secrets.fromName("registry")],
        env: { MODE: "fast" },
      })
      .build(app);
    await using sandbox = await disposable(modal.sandboxes.create(app, image));
    const { stdout } = await run(sandbox, ["sh", "-c", "cat /seen; echo [$TOKEN$MODE]"]);
    expect(stdout).toBe("t0ken fast\n[]\n");
  });

  it("from a python tag has a Python of its own in /usr/local, into which pip installs", async () => {
    const { app, modal } = setup;
    const image = await modal.images
      .fromRegistry("python:3.11-slim")
      .dockerfileCommands([
        "WORKDIR /src",
        "RUN mkdir tiny tiny-1.dist-info && echo 'ANSWER = 42' > tiny/__init__.py && touch tiny-1.dist-info/RECORD",
        "RUN printf 'Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n' > tiny-1.dist-info/METADATA",
        "RUN printf 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n' > tiny-1.dist-info/WHEEL",
        "RUN python -m zipfile -c tiny-1-py3-none-any.whl tiny tiny-1.dist-info && pip install --no-index *.whl",
        "RUN cd / && python -c 'import tiny; print(tiny.__file__)'",
      ])
      .build(app);
    expect(logOf(image.imageId)).toMatch(/\/usr\/local\/lib\/python3\.\d+\/site-packages\/tiny/);
    await using sandbox = await disposable(modal.sandboxes.create(app, image, { workdir: "/" }));
    const { stdout } = await run(sandbox, [
      "python",
      "-c",
      "import sys, tiny; print(sys.prefix, tiny.ANSWER)",
    ]);
    expect(stdout).toBe("/usr/local 42\n");
  });

  it("takes system packages that the machine has or that it was told to pretend", async () => {
    const { app } = setup;
    await base()
      .dockerfileCommands(["RUN apt-get update && apt-get install -y libpretended-dev coreutils"])
      .build(app);
    const missing = base().dockerfileCommands(["RUN apt-get install -y no-such-package-at-all"]);
    await expect(missing.build(app)).rejects.toThrow(/exit code 100/);
  });

  it("has the programs that a pretended package comes with", async () => {
    const programs = await mkdtemp(join(tmpdir(), "modal-emulator-programs-"));
    try {
      await writeFile(join(programs, "pretended"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
      await using own = await start({ systemPackages: ["pretended"], programs: { pretended: programs } });
      const image = await own.modal.images
        .fromRegistry("debian")
        .dockerfileCommands(["RUN apt-get install -y pretended"])
        .build(own.app);
      const sandbox = await own.modal.sandboxes.create(own.app, image);
      expect((await run(sandbox, ["pretended"])).stdout).toBe("ran\n");
    } finally {
      await rm(programs, { recursive: true, force: true });
    }
  });

  it("can be published, found by name and id, and deleted", async () => {
    const { app, modal } = setup;
    const image = await base().dockerfileCommands(["RUN echo published > /p"]).build(app);
    await image.publish("mine:v1");
    expect((await modal.images.fromName("mine:v1")).imageId).toBe(image.imageId);
    expect((await modal.images.fromId(image.imageId)).imageId).toBe(image.imageId);
    await modal.images.delete(image.imageId);
    await expect(modal.images.fromId(image.imageId)).rejects.toThrow(/Could not find image/);
    await expect(modal.sandboxes.create(app, image)).rejects.toThrow(/NOT_FOUND/);
  });

  it("cannot copy from nowhere", async () => {
    const add = base().dockerfileCommands(["ADD https://example.invalid/x /x"]);
    await expect(add.build(setup.app)).rejects.toThrow(/cannot carry out ADD/);
  });
});

describe("a state directory", () => {
  it("keeps images and volumes for the next emulator", async () => {
    const stateDirectory = await mkdtemp(join(tmpdir(), "modal-emulator-state-"));
    try {
      const ids: string[] = [];
      for (const round of [1, 2]) {
        await using again = await start({ stateDirectory });
        const commands = ["RUN echo kept > /kept"];
        const image = await again.modal.images
          .fromRegistry("debian")
          .dockerfileCommands(commands)
          .build(again.app);
        const volume = await again.modal.volumes.fromName("kept", { createIfMissing: true });
        ids.push(image.imageId, volume.volumeId);
        const sandbox = await again.modal.sandboxes.create(again.app, image, { volumes: { "/v": volume } });
        const { stdout } = await run(sandbox, [
          "sh",
          "-c",
          `cat /kept; echo ${round} >> /v/rounds; cat /v/rounds`,
        ]);
        expect(stdout).toBe(round === 1 ? "kept\n1\n" : "kept\n1\n2\n");
      }
      expect(ids.slice(2)).toEqual(ids.slice(0, 2));
    } finally {
      await rm(stateDirectory, { recursive: true, force: true });
    }
  });
});

it("a build that another emulator has kept is not repeated", async () => {
  const builtImagesDirectory = await mkdtemp(join(tmpdir(), "modal-emulator-built-"));
  try {
    const outputs: string[] = [];
    for (const _ of [1, 2]) {
      await using one = await start({ builtImagesDirectory });
      const image = await one.modal.images
        .fromRegistry("debian")
        .dockerfileCommands(["RUN cat /proc/sys/kernel/random/uuid > /first"])
        .dockerfileCommands(["ENV NAME=kept", "RUN cat /proc/sys/kernel/random/uuid > /second"])
        .build(one.app);
      const sandbox = await one.modal.sandboxes.create(one.app, image);
      outputs.push((await run(sandbox, ["sh", "-c", "cat /first /second; echo $NAME"])).stdout);
      expect(one.emulator.images().at(-1)?.log).toContain("=> Step 2/2: RUN cat");
    }
    expect(outputs[0]).toMatch(/^\S+\n\S+\nkept\n$/);
    expect(outputs[1]).toBe(outputs[0]);
  } finally {
    await rm(builtImagesDirectory, { recursive: true, force: true });
  }
});

type Terminable = { terminate(): Promise<unknown> };

async function disposable<T extends Terminable>(pending: Promise<T>): Promise<T & AsyncDisposable> {
  const value = await pending;
  return Object.assign(value, {
    [Symbol.asyncDispose]: async () => {
      await value.terminate();
    },
  });
}

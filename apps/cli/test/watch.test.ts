import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Cli } from "./helpers/cli.ts";
import { Place, sandboxProcesses } from "./helpers/place.ts";

const importing = (module: string) => `
import ${module}


@expose
def number() -> int:
    return ${module}.number
`;

const constant = (number: number, more = "") => `
${more}
@expose
def number() -> int:
    return ${number}
`;

interface Event {
  event: string;
  revision?: number;
  directory?: string;
  functions?: { name: string }[];
  error?: { code: string; message: string };
}

/** The next line of JSON after `count` of them. */
async function nextEvent(cli: Cli, count: number): Promise<Event> {
  await cli.untilMatches(new RegExp(`^(.*\\n){${count + 1}}`));
  return JSON.parse(cli.stdout.split("\n")[count] ?? "");
}

test("an edit is loaded under the same address, and a bad one leaves the version before", async () => {
  await using place = await Place.create();
  const file = await place.write("tools.py", importing("helper"));
  await place.write("helper.py", "number = 1\n");
  await using serving = await place.serveFor(file, "--watch", "--out", "out");
  const call = async () => (await place.seer("call", "tools", "number")).stdout;
  const [{ id }] = JSON.parse((await place.seer("ls", "--json")).stdout);
  const endpoint = () => readFile(join(place.directory, "out/tools/_endpoint.json"), "utf8");
  const before = await endpoint();

  await place.write("helper.py", "number = 2\n");
  await serving.until("· Serving tools, revision 2: number\n");
  expect(await call()).toBe("2\n");

  await place.write("helper.py", "number = (\n");
  await serving.untilMatches(/tools\.py failed to load; the previous version is still served:\n/);
  await serving.until("code: environment/interface-failed");
  expect(serving.stderr).toMatch(/helper\.py", line 1\n/);
  expect(serving.stderr).not.toContain("the edited file did not load");
  expect(await call()).toBe("2\n");

  // Back as it was.
  await place.write("helper.py", "number = 2\n");
  await serving.until("· tools is served as the file is now");

  // As editors save that replace the file.
  await rename(
    await place.write("tools.py~", `${constant(3)}\n\n@expose\ndef added() -> int:\n    return 4\n`),
    file,
  );
  await serving.untilMatches(/· Serving tools, revision \d+: number, added\n/);
  expect(await call()).toBe("3\n");
  expect(await readFile(join(place.directory, "out/tools/__init__.py"), "utf8")).toContain("added");
  expect(await endpoint()).toBe(before);
  expect(JSON.parse((await place.seer("ls", "--json")).stdout)).toMatchObject([{ id }]);

  serving.process.kill("SIGINT");
  expect(await serving.exitCode).toBe(130);
  expect(await sandboxProcesses()).toEqual([]);
});

test("--json has a line for each edit", async () => {
  await using place = await Place.create();
  const file = await place.write("tools.py", constant(1));
  await using cli = place.start("serve", file, "--watch", "--json");
  const served = await nextEvent(cli, 0);

  await place.write("tools.py", importing("missing"));
  expect(await nextEvent(cli, 1)).toMatchObject({
    event: "reload-failed",
    error: { code: "environment/interface-failed", message: expect.stringContaining("missing") },
  });
  // What could not be imported appears.
  await place.write("missing.py", "number = 2\n");
  expect(await nextEvent(cli, 2)).toMatchObject({
    event: "reloaded",
    directory: served.directory,
    functions: [{ name: "number" }],
  });
  await rm(file);
  expect(await nextEvent(cli, 3)).toMatchObject({
    event: "reload-failed",
    error: { code: "environment/interface-missing" },
  });
  await place.write("tools.py", constant(3));
  expect(await nextEvent(cli, 4)).toMatchObject({ event: "reloaded" });
  expect((await place.seer("call", "tools", "number")).stdout).toBe("3\n");
  expect(cli.stderr).toBe("");
});

test("an edit while an edit loads replaces it, and Ctrl-C ends a reload", async () => {
  await using place = await Place.create();
  const file = await place.write("tools.py", constant(1));
  await using serving = await place.serveFor(file, "--watch");
  const slow = constant(2, "import time\nprint('loading slowly')\ntime.sleep(3600)\n");
  await place.write("tools.py", slow);
  await serving.until("loading slowly");
  await place.write("tools.py", constant(3));
  await serving.untilMatches(/· Serving tools, revision \d+: number\n/);
  expect((await place.seer("call", "tools", "number")).stdout).toBe("3\n");
  expect(serving.stderr).not.toContain("error:");

  await place.write("tools.py", `${slow}print('again')\n`);
  await serving.untilMatches(/loading slowly.*loading slowly/s);
  serving.process.kill("SIGINT");
  expect(await serving.exitCode).toBe(130);
  expect(serving.stderr).not.toContain("error:");
  expect(await sandboxProcesses()).toEqual([]);
});

test("an edit during the first load is noticed", async () => {
  await using place = await Place.create();
  const file = await place.write("tools.py", constant(1, "import time\nprint('loading')\ntime.sleep(3)\n"));
  await using serving = place.start("serve", file, "--watch");
  await serving.until("· Serving ");
  const { name } = await loadingInterface(place);
  expect(name).toBe("tools");
  await place.write("tools.py", constant(2));
  await serving.until("revision 2: number");
  expect((await place.seer("call", "tools", "number")).stdout).toBe("2\n");
});

/** Waits until the file has been read, and is being loaded. */
async function loadingInterface(place: Place): Promise<{ name: string }> {
  for (;;) {
    const [sandbox] = JSON.parse((await place.seer("ls", "--json")).stdout);
    const [name] = sandbox?.loading ?? [];
    if (name !== undefined) return { name };
  }
}

import { expect, test } from "vitest";
import { createStatusLine } from "../src/terminal/status-line.ts";
import { Place } from "./helpers/place.ts";

test("what a call waits for is said on stderr, and its result is all that stdout gets", async () => {
  await using place = await Place.create();
  await using _ = await place.serveFor(place.working, "--name", "tools");

  await using working = place.start("call", "tools", "work", "--args", "[600, 0.1]");
  await working.until("working");
  await using waiting = place.start("call", "tools", "rest", "--args", "[0]");
  await working.until("· work: ");
  expect(working.stderr).toMatch(/· work: \d+\/600, layer\n/);
  await waiting.until("waiting behind one call");
  await using last = place.start("call", "tools", "rest", "--args", "[0]", "--json");

  // Ctrl-C cancels the call in the sandbox, so that the others run.
  working.process.kill("SIGINT");
  expect(await working.exitCode).toBe(130);
  expect(await waiting.exitCode).toBe(0);
  expect(await last.exitCode).toBe(0);
  expect(working.stdout).toBe("");
  expect(waiting.stdout).toBe('"rested"\n');
  expect([last.stdout, last.stderr]).toEqual(['"rested"\n', ""]);
});

test("on a terminal one line says what goes on, and makes room for what is printed", async () => {
  await using place = await Place.create();
  await using _ = await place.serveFor(place.working, "--name", "tools");
  await using cli = place.startOnTerminal("call", "tools", "work", "--args", "[30, 0.1]");

  expect(await cli.exitCode).toBe(0);
  expect(cli.stdout).toMatch(/· work: \d+\/30, layer \(\d+ s\)/);
  const shown = afterControls(cli.stdout);
  expect(shown).toContain("working");
  expect(shown.at(-1)).toBe('"done"');
  expect(shown.join()).not.toContain("·");
});

test("a call of a file that is still loading waits for it", async () => {
  await using place = await Place.create();
  const gate = await place.write("gate", "");
  const file = await place.write(
    "slow.py",
    `import os, time\nwhile not os.path.exists(os.path.join(os.path.dirname(__file__), "open")):\n    time.sleep(0.1)\n\n\n@expose\ndef ready() -> bool:\n    return True\n`,
  );
  await using serving = place.start("serve", file, "--name", "slow");
  await serving.until("Serving");
  await using calling = place.start("call", "slow", "ready");
  await calling.until("slow is loading");
  const { stdout } = await place.seer("ls");
  expect(stdout).toMatch(/ slow \(loading\)$/m);

  const { Sandbox } = await import("@seer/environment");
  process.env.SEER_HOME = place.home;
  const [{ id } = { id: "" }] = JSON.parse((await place.seer("ls", "--json")).stdout);
  await using sandbox = await Sandbox.fromId(id);
  await sandbox.uploadFile(gate, "open");
  expect(await calling.exitCode).toBe(0);
  expect(calling.stdout).toBe("true\n");
});

test("a target that ends while a call waits for it is no target any more", async () => {
  await using place = await Place.create();
  const file = await place.write("slow.py", "import time\ntime.sleep(600)\n");
  await using serving = place.start("serve", file, "--name", "slow");
  await serving.until("Serving");
  await using calling = place.start("call", "slow", "ready");
  await calling.until("slow is loading");
  serving.process.kill("SIGINT");

  expect(await calling.exitCode).toBe(1);
  expect(calling.stderr).toContain("slow ended before it was loaded");
});

test("where lines stay, the same is not said twice, nor every change of a fast one", async () => {
  const lines: string[] = [];
  const stream = { isTTY: false, write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream;
  using status = await createStatusLine(stream, "calling f");
  for (let step = 0; step < 1000; step++) status.show(`f: ${step}/1000`);
  status.print("printed\n");
  expect(lines).toEqual(["· f: 0/1000\n", "printed\n"]);
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: this is how terminals are controlled
const controls = /\u001b\[\??([\d;]*)([A-Za-z])|\r|\n|[^\u001b\r\n]+/g;

/** The lines that a terminal shows in the end. */
function afterControls(output: string): string[] {
  const lines = [""];
  let row = 0;
  let column = 0;
  for (const [token, count, control] of output.matchAll(controls)) {
    if (control === "A") row = Math.max(0, row - Number(count || 1));
    else if (control === "B") row += Number(count || 1);
    else if (control === "G" || token === "\r") column = 0;
    else if (control === "K") lines[row] = "";
    else if (control === "J") lines.splice(row, Number.POSITIVE_INFINITY, "");
    else if (token === "\n") row += 1;
    else if (control === undefined) {
      const before = (lines[row] ?? "").padEnd(column);
      lines[row] = before.slice(0, column) + token + before.slice(column + token.length);
      column += token.length;
    }
  }
  return Array.from(lines, (line) => line ?? "").filter((line) => line !== "");
}

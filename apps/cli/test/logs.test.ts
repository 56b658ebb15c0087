import { expect, test } from "vitest";
import { Place } from "./helpers/place.ts";

test("the terminal of seer serve and seer logs show calls, prints and restarts", async () => {
  await using place = await Place.create();
  await using serving = await place.serveFor(place.working, "--name", "tools");
  const call = (fn: string, args = "[]") => place.seer("call", "tools", fn, "--args", args);
  await call("work", "[1, 0]");
  await call("fail");
  await serving.until("fail failed");
  expect(serving.stderr).toMatch(/^\d\d:\d\d:\d\d working$/m);
  expect(serving.stderr).toMatch(/^\d\d:\d\d:\d\d work done after \d+ ms$/m);
  expect(serving.stderr).toMatch(/^\d\d:\d\d:\d\d fail failed after \d+ ms: ValueError: layer 40 of 26$/m);

  await using following = place.start("logs", "tools", "-f", "--lines", "1");
  await following.until("fail failed");
  await call("crash");
  await serving.until("the worker ended");
  await following.until("the worker ended");
  await following.until("crash failed");
  expect(following.stdout).not.toContain("work done");
  expect(following.stdout).toMatch(/ host call \S+ crash failed after .*exited with code 3/);

  const all = await place.seer("logs", "tools");
  expect(all.stdout).toMatch(/ worker working\n.* host call \S+ work done after .*\n/s);
  const { id } = JSON.parse((await place.seer("ls", "--json")).stdout)[0];
  const last = await place.seer("logs", id, "--lines", "2");
  expect(last.stdout.trim().split("\n")).toHaveLength(2);

  await place.seer("stop", id);
  expect(await following.exitCode).toBe(0);
  expect(following.stderr).toContain("has ended: it was terminated");
  expect(await serving.exitCode).toBe(1);
  expect(serving.stderr).toContain("error: tools is no longer served");
  expect(serving.stderr).toContain("it was terminated");
});

test("lines that come faster than they can be read are counted instead", async () => {
  await using place = await Place.create();
  const file = await place.write(
    "flood.py",
    "@expose\ndef flood() -> None:\n    for line in range(2000):\n        print('line', line)\n",
  );
  await using serving = await place.serveFor(file);
  await place.seer("call", "flood", "flood");
  await serving.until("more lines; run");
  expect(serving.stderr.split("\n").length).toBeLessThan(1000);
  const { stdout } = await place.seer("logs", "flood", "--lines", "3000");
  expect(stdout).toContain(" worker line 1999\n");
});

test("what cannot be followed is said", async () => {
  await using place = await Place.create();
  expect(await place.seer("logs", "nothing")).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("No sandbox has the id or name nothing"),
  });
  expect(await place.seer("logs", "nothing", "--lines", "many")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("Expected a whole number."),
  });
});

test("seer ls shows the name that was given, and an owner that is gone", async () => {
  await using place = await Place.create();
  await using serving = await place.serveFor(place.working, "--name", "tools");
  expect((await place.seer("ls")).stdout).toMatch(/^\S+ +tools +local +running .* tools$/m);

  serving.process.kill("SIGKILL");
  await serving.exitCode;
  expect((await place.seer("ls")).stdout).toMatch(/^\S+ +tools +local +owner gone .* tools$/m);
  expect(await place.seer("stop", "tools")).toMatchObject({ exitCode: 0 });
});

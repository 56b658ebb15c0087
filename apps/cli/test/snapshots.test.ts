import { Sandbox } from "@seer/environment";
import { afterAll, expect, test } from "vitest";
import { Place } from "./helpers/place.ts";

const before = process.env.SEER_HOME;
afterAll(() => {
  process.env.SEER_HOME = before ?? "";
});

test("snapshots are listed with how to start from one, and removed", async () => {
  await using place = await Place.create();
  process.env.SEER_HOME = place.home;
  expect(await place.seer("snapshots")).toMatchObject({ exitCode: 0, stderr: "There are no snapshots.\n" });
  await using sandbox = await new Sandbox({ executionMode: "cli" }).start({ name: "source" });
  await sandbox.writeFile("note", "x".repeat(3_000_000));
  const first = await sandbox.snapshot("after training");
  const second = await sandbox.snapshot();

  const { stdout } = await place.seer("snapshots");
  expect(stdout).toMatch(/^ID +TAKEN \(UTC\) +BACKEND +SANDBOX +SIZE +DESCRIPTION\n/);
  expect(stdout).toMatch(
    new RegExp(`^${first.id} +[\\d-]+ [\\d:]+ +local +source +2\\.9 MiB +after training$`, "m"),
  );
  expect(stdout).toContain(`await Sandbox.fromSnapshot("${second.id}")`);
  const listed = JSON.parse((await place.seer("snapshots", "--json")).stdout);
  expect(listed).toMatchObject([{ id: first.id, description: "after training" }, { id: second.id }]);

  const unknown = await place.seer("snapshots", "rm", first.id, "sn-nothing");
  expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("no snapshot sn-nothing") });
  expect(await place.seer("snapshots", "rm", first.id, second.id)).toMatchObject({
    exitCode: 0,
    stdout: `Removed ${first.id}\nRemoved ${second.id}\n`,
  });
  expect(await Sandbox.listSnapshots()).toEqual([]);
});

test("ls says what sandboxes use", async () => {
  await using place = await Place.create();
  process.env.SEER_HOME = place.home;
  await using _sandbox = await new Sandbox({ executionMode: "cli" }).start({ name: "busy" });
  const { stdout } = await place.seer("ls");
  expect(stdout).toMatch(/^ID +NAME +BACKEND +STATE +UP +GPU +PROCS +CPU +MEMORY +SERVES$/m);
  expect(stdout).toMatch(/^sb-\w+ +busy +local +running +\d+ s +[12] +\d+ s +[\d.]+ MiB$/m);
});

import { Sandbox } from "@seer/environment";
import { afterAll, expect, test } from "vitest";
import { Place } from "./helpers/place.ts";

const before = process.env.SEER_HOME;
afterAll(() => {
  process.env.SEER_HOME = before ?? "";
});

test("clean lists what is stored and by whom it is used, and removes only what is not", async () => {
  await using place = await Place.create();
  process.env.SEER_HOME = place.home;
  expect(await place.seer("clean")).toMatchObject({
    exitCode: 0,
    stdout: "",
    stderr: "There is nothing to remove.\n",
  });
  const serving = await place.serve();
  const { id } = serving.served;
  const used = await place.seer("clean");
  expect(used.stdout).toMatch(/^KIND +WHAT +SIZE +LAST USED +IN USE BY\n/);
  expect(used.stdout).toMatch(
    new RegExp(
      `^environment +Python [\\d.]+ +[\\d.]+ [kM]B +.+ ago +${id}\\n\\nAll of it is in use.\\n$`,
      "m",
    ),
  );
  const kept = await place.seer("clean", "--yes");
  expect(kept).toMatchObject({
    exitCode: 0,
    stdout: "",
    stderr: expect.stringMatching(
      new RegExp(`^Kept environment Python [\\d.]+, in use by ${id}\\nNothing was removed.\\n$`),
    ),
  });
  expect((await place.seer("call", id, "greet", "--args", '{"name": "Ann"}')).exitCode).toBe(0);
  await serving[Symbol.asyncDispose]();

  expect((await place.seer("clean")).stdout).toMatch(
    /Not in use, and removed by:\n {2}seer clean --yes +[\d.]+ [kM]B +made again when needed\n$/,
  );
  expect((await place.seer("clean", "--yes", "--older-than", "1h")).stderr).toBe("Nothing was removed.\n");
  expect((await place.seer("clean", "environments", "--yes")).stdout).toMatch(
    /^Removed environment Python [\d.]+, ([\d.]+ [kM]B)\n\1 in all\n$/,
  );
  // It is built again.
  await using _again = await place.serve();
});

test("clean --yes leaves what cannot be made again, unless it is named", async () => {
  await using place = await Place.create();
  process.env.SEER_HOME = place.home;
  await using sandbox = await new Sandbox({ executionMode: "cli" }).start({ name: "source" });
  const snapshot = await sandbox.snapshot("trained");
  expect((await place.seer("clean", "snapshots")).stdout).toMatch(
    /^snapshot +sn-\w+ of source: trained .*seer clean snapshots --yes +[\d.]+ [kM]B +cannot be made again\n$/ms,
  );
  const everything = JSON.parse((await place.seer("clean", "--yes", "--json")).stdout);
  expect(everything).toMatchObject({ removed: [], kept: [{ kind: "environments" }], bytes: 0 });
  const { removed, kept, bytes } = JSON.parse(
    (await place.seer("clean", "snapshots", "--yes", "--json")).stdout,
  );
  expect({ removed, kept }).toMatchObject({ removed: [{ kind: "snapshots", id: snapshot.id }], kept: [] });
  expect(bytes).toBe(removed[0].bytes);
  expect(await Sandbox.listSnapshots()).toEqual([]);
});

test("clean refuses what it does not know", async () => {
  await using place = await Place.create();
  expect(await place.seer("clean", "everything")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("environments, downloads, models, snapshots"),
  });
  expect(await place.seer("clean", "--older-than", "yesterday")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("--older-than must be a time such as 12h, 7d or 4w, got yesterday"),
  });
});

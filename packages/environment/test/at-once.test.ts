import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RpcClient } from "@seer/rpc";
import { describe, expect, test } from "vitest";
import { Sandbox, ScopedSandbox } from "../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";

useOwnHome();
const config = { executionMode: "cli" as const };

describe.each(isolations)("with isolation %s", (isolation) => {
  test("ten scoped sandboxes serve concurrently on different ports", async () => {
    const file = join(await temporaryDirectory(), "interface.py");
    await writeFile(
      file,
      "from pathlib import Path\n\n@expose\ndef who() -> str:\n    return Path('mine').read_text()\n",
    );
    const sandboxes = Array.from({ length: 10 }, () => new ScopedSandbox(config, { isolation }));
    try {
      await Promise.all(
        sandboxes.map(async (scoped, index) => {
          await scoped.start({ name: `tenth-${index}` });
          await scoped.writeFile("mine", String(index));
          await scoped.serve(file, { exposeAs: "library", name: "tools" });
        }),
      );
      const served = sandboxes.map((scoped) => scoped.served[0]);
      expect(new Set(served.map((one) => one?.url)).size).toBe(10);
      const answers = served.map(async (one) => {
        await using client = await RpcClient.connect({ url: one?.url ?? "", token: one?.token ?? "" });
        return await client.call("who");
      });
      expect(await Promise.all(answers)).toEqual(sandboxes.map((_, index) => String(index)));
      // What one serves is not for who knows another's token.
      const other = RpcClient.connect({ url: served[0]?.url ?? "", token: served[1]?.token ?? "" });
      expect((await errorOf(other)).code).toMatch(/^rpc\//);
      expect((await Sandbox.list()).map(({ name }) => name).toSorted()).toEqual(
        sandboxes.map((scoped) => scoped.name).toSorted(),
      );
    } finally {
      await Promise.all(sandboxes.map((scoped) => scoped.terminate()));
    }
    expect(await Sandbox.list()).toEqual([]);
  });
});

test("of several concurrent starts with one name, one succeeds, and the others name it", async () => {
  const sandboxes = Array.from({ length: 6 }, () => new Sandbox(config));
  const results = await Promise.allSettled(sandboxes.map((sandbox) => sandbox.start({ name: "wanted" })));
  const [winner, ...others] = results.filter(({ status }) => status === "fulfilled");
  expect(others).toEqual([]);
  const id = (winner as PromiseFulfilledResult<Sandbox>).value.sandboxId;
  const reasons = results.filter((result) => result.status === "rejected").map(({ reason }) => reason);
  expect(reasons.map(({ code, message }) => [code, message])).toEqual(
    Array.from({ length: 5 }, () => ["environment/name-taken", `A sandbox called wanted is running (${id})`]),
  );
  expect((await Sandbox.list()).map((info) => info.id)).toEqual([id]);
  await Promise.all(sandboxes.map((sandbox) => sandbox.terminate()));
  await using again = await new Sandbox(config).start({ name: "wanted" });
  expect(again.name).toBe("wanted");
});

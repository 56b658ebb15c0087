import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startHost } from "../fixtures/real-host.ts";

const golden = (name: string) => fileURLToPath(new URL(`../../golden/${name}`, import.meta.url));

test("the corpus of signatures arrives as agreed, nothing of it lost", async () => {
  await using host = await startHost({ file: golden("signatures.py") });
  await using client = await host.client();
  expect(await client.describe()).toEqual({
    revision: 1,
    ...JSON.parse(await readFile(golden("signatures.json"), "utf8")),
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readCosts } from "../../src/index.ts";
import { useOwnHome } from "../support/home.ts";

useOwnHome();

test("a process that exits, however suddenly, writes down the end of its sandboxes", async () => {
  const file = fileURLToPath(new URL("../fixtures/owner.ts", import.meta.url));
  const owner = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
  const [id] = (await once(owner.stdout, "data")) as [Buffer];
  expect(await readCosts()).toMatchObject([{ state: "running", sandboxes: [id.toString().trim()] }]);
  owner.kill("SIGTERM");
  await once(owner, "close");
  expect(await readCosts()).toMatchObject([
    { name: `owner-${owner.pid}`, state: "ended", reason: "terminated", usd: 0 },
  ]);
});

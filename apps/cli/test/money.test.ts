import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Place } from "./helpers/place.ts";

const narrow = (text: string) => text.split("\n").filter((line) => line.length > 80);

describe("seer plan", () => {
  test("shows the steps, the price and what will not work, without doing any of it", async () => {
    await using place = await Place.create();
    const config = { gpu: "a100-80gb", models: [{ name: "meta-llama/Llama-3.1-70B" }], budgetUsd: 2 };
    await place.write("seer.config.json", JSON.stringify(config));
    const { exitCode, stdout, stderr } = await place.seer("plan", "--backend", "modal");

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^modal scoped sandbox:\n 1\. GPU: 1 × A100-80GB\n 2\. Model meta-llama/);
    expect(stdout.replaceAll(/\n +/g, " ")).toMatch(
      /Cost: 1 × A100-80GB on Modal: about \$\d\.\d\d an hour \(\$2\.50 of it GPU\), at most \$2\.00 in \d+ min/,
    );
    expect(stdout).toMatch(/prices of \d{4}-\d\d-\d\d \(modal\.com\/pricing\)/);
    expect(stdout).toContain("Warning: The weights of meta-llama/Llama-3.1-70B are about 140 GB");
    expect(narrow(stdout)).toEqual([]);
    expect(await place.running()).toEqual([]);
    expect(stdout).not.toContain("Jupyter");
    expect((await place.seer("plan", "--kind", "sandbox")).stdout).toMatch(
      /^local sandbox:\n.*Jupyter server\n/s,
    );
  });

  test("--json is one object", async () => {
    await using place = await Place.create();
    const file = await place.write(
      "here.json",
      JSON.stringify({ executionMode: "cli", pythonPackages: ["torch"] }),
    );
    const { stdout } = await place.seer("plan", file, "--json");

    expect(JSON.parse(stdout)).toMatchObject({
      plan: { backend: "local", steps: [{ kind: "python" }, { kind: "instance" }] },
      cost: { usdPerHour: 0, mostUsd: 0, limitMs: null, text: "nothing (CPU only on this machine)" },
      fetches: [{ what: "Python packages: torch", bytes: null, cached: false }],
      warnings: [],
    });
  });

  test("a GPU that there is not", async () => {
    await using place = await Place.create();
    const file = await place.write("typo.json", '{"gpu": "H10O"}');
    expect(await place.seer("plan", file)).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringMatching(/There is no GPU called "H10O"\nhint: Did you mean H100\?/),
    });
  });
});

test("seer gpus lists them, from small to large", async () => {
  await using place = await Place.create();
  const { stdout, stderr } = await place.seer("gpus");

  expect(stdout).toMatch(/^GPU +MEMORY +MODELS IN BF16 +MODAL, AN HOUR\nT4 +16 GB/);
  expect(stdout).toMatch(/\nB200 +192 GB .*\$6\.25\n$/);
  expect(stderr).toMatch(/^Prices per GPU, as of \d{4}/);
  expect(narrow(stdout)).toEqual([]);
  const { gpus } = JSON.parse((await place.seer("gpus", "--json")).stdout) as { gpus: { name: string }[] };
  expect(gpus.map(({ name }) => name)).toContain("H100");
});

describe("seer cost", () => {
  const ledger = (place: Place) => join(place.home, "ledger.jsonl");
  const prices = (place: Place) => join(place.home, "prices.json");
  let used: Place | undefined;
  afterEach(async () => {
    if (used !== undefined) for (const file of [ledger(used), prices(used)]) await rm(file, { force: true });
  });

  test("says what a sandbox costs while it runs and when it has ended", async () => {
    await using place = await Place.create();
    used = place;
    await rm(ledger(place), { force: true });
    expect(await place.seer("cost")).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: "Nothing has run yet.\n",
    });
    await mkdir(place.home, { recursive: true });
    // A dollar a second.
    await writeFile(prices(place), '{"local": {"sandbox": 3600}}');
    await using serving = await place.serve();
    const { id } = serving.served;

    expect((await place.seer("cost")).stdout).toMatch(
      new RegExp(`${id} +local +- +- +\\$\\d+\\.\\d\\d +running`),
    );
    const [listed] = JSON.parse((await place.seer("ls", "--json")).stdout) as { usd: number }[];
    expect(listed?.usd).toBeGreaterThan(0);
    expect((await place.seer("ls")).stdout).toMatch(/COST.*\n.*\$\d+\.\d\d/);
    await place.seer("stop", id);
    const { stdout } = await place.seer("cost", "--json");
    const { runs, total } = JSON.parse(stdout);
    expect(runs).toMatchObject([{ name: id, state: "ended", gpuSeconds: 0, sandboxes: [id] }]);
    expect(total).toEqual({ usd: runs[0].usd, gpuSeconds: 0 });
    expect(total.usd).toBeCloseTo(runs[0].seconds, 1);
  });

  test("adds up GPU time, and says where an end was not seen", async () => {
    await using place = await Place.create();
    used = place;
    const hour = 3_600_000;
    const at = (hoursAgo: number) => new Date(Date.now() - hoursAgo * hour).toISOString();
    const begin = { type: "begin", backend: "modal", purpose: "sandbox", gpu: "A100-80GB", graceMs: 0 };
    const entries = [
      { ...begin, at: at(50), run: "a", name: "old", machine: "1", gpuCount: 1, usdPerHour: 2 },
      { type: "end", at: at(49), machine: "1", reason: "terminated" },
      {
        ...begin,
        at: at(3),
        run: "b",
        name: "a-name-that-is-long",
        machine: "2",
        gpuCount: 2,
        usdPerHour: 5,
      },
      { type: "seen", at: at(2), machine: "2" },
    ];
    await writeFile(ledger(place), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    const { stdout, stderr } = await place.seer("cost");

    expect(stdout).toMatch(/old +modal +1× A100-80GB +1h 0m +\$2\.00 +ended\n/);
    expect(stdout).toMatch(
      /a-name-t…long +modal +2× A100-80GB +2h 0m +\$5\.00 +estimated\ntotal +3h 0m +\$7\.00\n$/,
    );
    expect(stderr).toContain("the end was not recorded");
    expect(narrow(stdout)).toEqual([]);
    const since = await place.seer("cost", "--since", "1d");
    expect(since.stdout).not.toContain("old");
    expect(since.stdout).toMatch(/total +2h 0m +\$5\.00\n$/);
    expect(await place.seer("cost", "--since", "1h")).toMatchObject({
      stdout: "",
      stderr: "Nothing has run in the last 1h.\n",
    });
    expect(await place.seer("cost", "--since", "yesterday")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("--since must be a time such as 12h, 7d or 4w, got yesterday"),
    });
  });
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { priceTable, rateOf } from "../../src/cost/price-table.ts";
import { readPrices } from "../../src/cost/read-prices.ts";
import { gpuTable } from "../../src/plan/gpu-table.ts";
import { errorOf, temporaryDirectory, useOwnHome } from "../support/home.ts";

useOwnHome();
let file = "";
beforeEach(async () => {
  process.env.SEER_HOME = await temporaryDirectory();
  file = join(process.env.SEER_HOME, "prices.json");
});

test("every GPU that Modal has there is a price for", () => {
  const names = gpuTable.filter((kind) => kind.modal !== undefined).map((kind) => kind.name);
  expect(Object.keys(priceTable.modal.gpus).toSorted()).toEqual(names.toSorted());
  expect(rateOf({ purpose: "sandbox", gpu: "A100-80GB", gpuCount: 2 }, priceTable.modal)).toEqual({
    gpuUsdPerHour: 4.9968,
    usdPerHour: expect.closeTo(4.9968 + 0.1419 + 8 * 0.0242, 3),
  });
  expect(rateOf({ purpose: "sandbox", gpu: "A100-80GB", gpuCount: 2 }, priceTable.local).usdPerHour).toBe(0);
  expect(rateOf({ purpose: "weights", gpu: null, gpuCount: 0 }, priceTable.modal).usdPerHour).toBeCloseTo(
    0.3806,
    3,
  );
});

test("the researcher's own prices have precedence, each by itself", async () => {
  expect(await readPrices()).toBe(priceTable);
  await writeFile(
    file,
    JSON.stringify({ date: "2026-12-01", modal: { gpus: { a10: 9 } }, local: { sandbox: 0.5 } }),
  );
  const prices = await readPrices();
  expect(prices).toMatchObject({ date: "2026-12-01", source: file });
  expect(prices.modal).toEqual({ ...priceTable.modal, gpus: { ...priceTable.modal.gpus, A10G: 9 } });
  expect(rateOf({ purpose: "sandbox", gpu: null, gpuCount: 0 }, prices.local).usdPerHour).toBe(0.5);
});

test.each([
  ["{", "config/unreadable", /prices\.json are not JSON/],
  ['{"modal": {"gpu": {}}}', "config/invalid", /modal: unknown key `gpu`; did you mean `gpus`\?/],
  ['{"modal": {"gpus": {"H100": -1}}}', "config/invalid", /modal\.gpus\.H100: .*\(got -1\)/],
  ['{"modal": {"gpus": {"H1000": 1}}}', "environment/gpu-unknown", /There is no GPU called "H1000"/],
  ['{"date": "yesterday"}', "config/invalid", /date: .*\(got "yesterday"\)/],
])("prices that cannot be used: %s", async (text, code, message) => {
  await writeFile(file, text);
  const error = await errorOf(readPrices());
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
});

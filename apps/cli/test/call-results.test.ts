import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { NdArray } from "@seer/rpc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ResultWriter } from "../src/call/result-writer.ts";
import type { Cli } from "./helpers/cli.ts";
import { Place } from "./helpers/place.ts";

let place: Place;
let serving: Cli;

beforeAll(async () => {
  place = await Place.create();
  serving = await place.serveFor(place.working, "--name", "tools");
});
afterAll(async () => {
  await serving[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

test.each<[string, string, unknown]>([
  ["number", '["nan"]', "NaN"],
  ["number", '["infinity"]', "-Infinity"],
  ["number", '["complex"]', "1.5-2j"],
  ["losses", "[]", { 10: 0.5, 20: "NaN" }],
  [
    "nested",
    "[]",
    {
      "by layer": { 0: [0.5, "Infinity"] },
      raw: "AP8=",
      none: null,
      rows: [
        [1, 2],
        [3, 4],
      ],
    },
  ],
])("seer call %s --args '%s' prints JSON, with and without --json", async (fn, args, expected) => {
  for (const options of [[], ["--json"]]) {
    const { stdout, exitCode } = await place.seer("call", "tools", fn, "--args", args, ...options);
    expect(exitCode).toBe(0);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(stdout)).toEqual(expected);
  }
});

test("an integer keeps all its digits", async () => {
  const { stdout } = await place.seer("call", "tools", "number", "--args", '["large"]', "--json");
  expect(stdout).toBe(`${2n ** 70n}\n`);
});

test.each<[string, NdArray, string]>([
  ["int64 without dimensions", new NdArray("int64", [], BigInt64Array.of(7n)), "7"],
  ["large int64 without dimensions", new NdArray("int64", [], BigInt64Array.of(2n ** 60n)), `${2n ** 60n}`],
  [
    "uint64 in a list",
    new NdArray("uint64", [2], BigUint64Array.of(1n, 2n ** 64n - 1n)),
    `[1,${2n ** 64n - 1n}]`,
  ],
  ["float32 without dimensions", new NdArray("float32", [], Float32Array.of(NaN)), '"NaN"'],
  ["bool without dimensions", new NdArray("bool", [], Uint8Array.of(1)), "true"],
  ["an empty array", new NdArray("float64", [2, 0], new Float64Array()), "[[],[]]"],
])("arrays: %s", (_, array, expected) => {
  expect(writer(false).text(array)).toBe(expected);
});

test("for a person, numbers of a list stay on one line", () => {
  const value = { name: "[\n1,\n2\n]", hidden: new NdArray("int32", [2, 2], Int32Array.of(1, 2, 3, 4)) };
  expect(writer(true).text(value)).toBe(
    `{
  "name": "[\\\\n1,\\\\n2\\\\n]",
  "hidden": [
    [1, 2],
    [3, 4]
  ]
}`.replaceAll("\\\\", "\\"),
  );
});

describe("pictures", () => {
  test("are written to files that are named, and none replaces another", async () => {
    const first = await place.seer("call", "tools", "picture", "--args", "[1]");
    const second = await place.seer("call", "tools", "picture", "--args", "[2]");

    expect(JSON.parse(first.stdout)).toEqual({ mediaType: "image/png", file: "picture.png" });
    expect(first.stderr).toMatch(/^Wrote picture\.png \(\d+ bytes\)\n$/);
    expect(JSON.parse(second.stdout)).toMatchObject({ file: "picture-2.png" });
    expect(await pixel("picture.png")).not.toEqual(await pixel("picture-2.png"));
  });

  test("within a value, in the directory that --out names; with --json nothing else is said", async () => {
    const options = ["--out", "plots/today", "--json"];
    const { stdout, stderr } = await place.seer("call", "tools", "pictures", ...options);

    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual([
      { layer: 0, plot: { mediaType: "image/png", file: "plots/today/pictures.png" } },
      { layer: 1, plot: { mediaType: "image/png", file: "plots/today/pictures-2.png" } },
    ]);
    await pixel("plots/today/pictures-2.png");
  });

  test("of a stream, each as it comes", async () => {
    const { stdout } = await place.seer("call", "tools", "frames", "--json");
    const files = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).file);
    expect(files).toEqual(["frames.png", "frames-2.png"]);
  });

  async function pixel(file: string): Promise<Buffer> {
    const bytes = await readFile(join(place.directory, file));
    expect(bytes.subarray(1, 4).toString()).toBe("PNG");
    return bytes;
  }
});

function writer(readable: boolean): ResultWriter {
  return new ResultWriter({ fn: "f", directory: ".", readable, onPicture: () => {} });
}

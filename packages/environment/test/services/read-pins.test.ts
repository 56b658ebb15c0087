import { expect, test } from "vitest";
import { readPins } from "../../src/backends/local/read-pins.ts";

test("pins that are not only a name and a version are rejected", () => {
  const pins = ["traitlets==5.9.0", "jupyter-client==8.6.0.post1+local"];
  expect(readPins(JSON.stringify(pins))).toEqual(pins);
  for (const version of ["1 @ file:///home/me", "1\n --find-links /home/me", "1 --pre", ""]) {
    expect(() => readPins(JSON.stringify([...pins, `traitlets==${version}`]))).toThrow(
      /has an invalid name or version: "traitlets==/,
    );
  }
});

import { expect, test } from "vitest";
import { SeerError } from "../src/index.ts";

test("an error carries its code, remedy and cause", () => {
  const cause = new Error("below");
  const error = new SeerError("config/invalid", "above", { hint: "Do this.", cause });
  expect(error).toMatchObject({
    name: "SeerError",
    code: "config/invalid",
    message: "above",
    hint: "Do this.",
    cause,
  });
  expect("cause" in new SeerError("config/invalid", "above")).toBe(false);
});

test("an error is told apart also when it comes from another copy of this package", () => {
  class SeerErrorOfAnotherCopy extends Error {
    constructor() {
      super();
      Object.defineProperty(this, Symbol.for("seer.error"), { value: true });
    }
  }
  class Subclass extends SeerError<"x/y"> {}
  expect(SeerError.isInstance(new SeerErrorOfAnotherCopy())).toBe(true);
  expect(SeerError.isInstance(new Subclass("x/y", ""))).toBe(true);
  for (const other of [new Error(), null, undefined, "seer.error", {}]) {
    expect(SeerError.isInstance(other)).toBe(false);
  }
});

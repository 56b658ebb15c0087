import { expect, test } from "vitest";
import { maskFor } from "../src/index.ts";

const secret = "pass/word+of=a&hub?";
const mask = maskFor({ HUB: secret, SHORT: "abc", LINES: "first line\nsecond line" });
const base64 = (text: string) => Buffer.from(text).toString("base64");

test.each([
  ["as it is", secret],
  ["URL-encoded", encodeURIComponent(secret)],
  ["in hexadecimal", Buffer.from(secret).toString("hex")],
  ["in upper-case hexadecimal", Buffer.from(secret).toString("hex").toUpperCase()],
  ["in base64", base64(secret)],
  ["in base64 with a user", base64(`u:${secret}`)],
  ["in base64 with a longer user", base64(`me:${secret}`)],
  ["in base64 for URLs", Buffer.from(secret).toString("base64url")],
])("a secret is masked %s", (_, text) => {
  const masked = mask(`before ${text} after`);
  expect(masked).toContain("<HUB>");
  // Of base64, characters that depend on other text stay.
  expect(masked.length).toBeLessThanOrEqual("before <HUB> after".length + 7);
});

test("each line of a secret is masked, and short values are not", () => {
  expect(mask("second line, abc")).toBe("<LINES>, abc");
});

import { expect, test } from "vitest";
import { BoundedText } from "../src/bounded-text.ts";

test("text is kept up to a limit and then counted", () => {
  const text = new BoundedText();
  text.append("begin\n");
  const megabyte = "x".repeat(1024 * 1024);
  for (let i = 0; i < 17; i++) text.append(megabyte);
  expect(text.toString()).toMatch(/^begin\nx+\n\[\.\.\. 1048582 more characters omitted \.\.\.\]\n$/);
  expect(text.toString().length).toBeLessThan(16 * 1024 * 1024 + 100);
});

import { describe, expect, test } from "vitest";
import { hasCredentials, withoutCredentials } from "../src/index.ts";

describe("credentials in a URL", () => {
  test.each([
    ["https://user:pass@host.org/x", "https://host.org/x"],
    ["https://token@host.org", "https://host.org"],
    ["https://user:pa/ss@host.org/x", "https://host.org/x"],
    ["https://to/ken@github.com/a/b.git", "https://github.com/a/b.git"],
    ["https://user:p@ss@host.org/x", "https://host.org/x"],
    ["https://user:8080/x@localhost:8000/simple", "https://localhost:8000/simple"],
    ["git+https://me:pw@host.org/a@v1", "git+https://host.org/a@v1"],
    ["git+https://me:p/w@host.org/a@v1", "git+https://host.org/a@v1"],
    ["ssh://git:pw@host.org:22/a", "ssh://host.org:22/a"],
    ["two: http://a:b@c.d 'http://e:f@g.h'", "two: http://c.d 'http://g.h'"],
    ["http://a:b@c.d?next=http://e:f@g.h", "http://c.d?next=http://g.h"],
    ["http://me:pw@[::1]:80/x", "http://[::1]:80/x"],
  ])("%s", (text, expected) => {
    expect(withoutCredentials(text)).toBe(expected);
    expect(hasCredentials(text)).toBe(true);
  });
});

describe("none in a URL", () => {
  test.each([
    "https://host.org/simple",
    "https://github.com/a/b@v1.2",
    "https://host.org:8080/a@b",
    "http://localhost/a@b.c",
    "git@github.com:a/b.git",
    "mail me@host.org or see https://host.org",
    "",
  ])("%s", (text) => {
    expect(withoutCredentials(text)).toBe(text);
    expect(hasCredentials(text)).toBe(false);
  });
});

test.each([
  ["a word", "a".repeat(2_000_000)],
  ["a word of colons", ":".repeat(2_000_000)],
  ["separators", "://".repeat(700_000)],
  ["URLs without an end", "http://a".repeat(300_000)],
  ["hosts", `http://${"a.".repeat(1_000_000)}`],
  ["names", `http://${"@".repeat(2_000_000)}`],
])("two million characters of %s take a moment", (_, text) => {
  // A quadratic one takes minutes, which the test's own time does not allow.
  withoutCredentials(text);
});

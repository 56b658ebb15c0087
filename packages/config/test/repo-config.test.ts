import { describe, expect, test } from "vitest";
import { parseConfig, repoConfigSchema } from "../src/index.ts";

const parse = (input: object) => parseConfig("RepoConfig", repoConfigSchema, input);

describe("url", () => {
  test.each([
    "owner/repo",
    "anthropics/transformer-circuits",
    "https://github.com/owner/repo.git",
    "ssh://git@example.org:2222/owner/repo",
    "git@github.com:owner/repo.git",
    "file:///srv/repos/one",
  ])("%s is one", (url) => {
    expect(parse({ url })).toEqual({ url, install: false });
  });

  test.each([
    "repo",
    "-o/repo",
    "--upload-pack=evil/x",
    "https://x/$(id)",
    "https://x/`id`",
    "git@host:a b",
    "ext::sh -c id",
    "owner/repo/more",
    "",
  ])("%j is none", (url) => {
    expect(() => parse({ url })).toThrow(/url: expected `owner\/repo` or a full git URL/);
  });
});

describe("ref", () => {
  test.each(["main", "v1.2.3", "feature/x", "0123456789abcdef0123456789abcdef01234567", "user@branch"])(
    "%s is one",
    (ref) => {
      expect(parse({ url: "a/b", ref }).ref).toBe(ref);
    },
  );

  test.each(["--exec=id", "", "a b", "$(id)", "a;b"])("%j is none", (ref) => {
    expect(() => parse({ url: "a/b", ref })).toThrow(/ref: expected a branch, tag or commit/);
  });
});

test.each(["/etc/Dockerfile", "../Dockerfile", "a/../../Dockerfile"])(
  "the dockerfile %s is refused",
  (dockerfile) => {
    expect(() => parse({ url: "a/b", dockerfile })).toThrow(
      /dockerfile: expected a path inside the repository/,
    );
  },
);

test("a dockerfile and install may be given", () => {
  const config = { url: "a/b", dockerfile: "docker/Dockerfile", install: true };
  expect(parse(config)).toEqual(config);
});

test.each([
  [true, true],
  [undefined, false],
  ["make install", "make install"],
])("install: %j", (given, expected) => {
  expect(parse({ url: "a/b", install: given }).install).toBe(expected);
});

test.each(["", 1, ["make"], "a\0b"])("install: %j is refused", (install) => {
  expect(() => parse({ url: "a/b", install })).toThrow(/install: /);
});

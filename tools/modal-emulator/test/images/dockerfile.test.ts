import { describe, expect, it } from "vitest";
import {
  expandVariables,
  parseAssignments,
  parseCommand,
  parseDockerfile,
} from "../../src/images/dockerfile.ts";

describe("parseDockerfile", () => {
  it("joins continued lines and leaves comments out", () => {
    const text = "from base\n# a comment\nRUN one && \\\n# inside\n    two\n\nWORKDIR /a";
    expect(parseDockerfile(text)).toEqual([
      { keyword: "FROM", value: "base" },
      { keyword: "RUN", value: "one && \n    two" },
      { keyword: "WORKDIR", value: "/a" },
    ]);
  });
});

describe("parseAssignments", () => {
  it.each([
    ["A=1 B=two", { A: "1", B: "two" }],
    ["A=\"x y\" B='$z'", { A: "x y", B: "$z" }],
    ["A=x\\ y", { A: "x y" }],
    ["A the rest", { A: "the rest" }],
    ['A=pre"in side"post', { A: "prein sidepost" }],
  ])("reads %s", (value, expected) => {
    expect(Object.fromEntries(parseAssignments(value))).toEqual(expected);
  });
});

describe("parseCommand", () => {
  it("takes the JSON form as it stands and gives the rest to a shell", () => {
    expect(parseCommand('["echo", "$A"]')).toEqual(["echo", "$A"]);
    expect(parseCommand("[ -f /x ] || true")).toEqual(["/bin/sh", "-c", "[ -f /x ] || true"]);
    expect(parseCommand("--mount=type=cache,target=/x pip install y")).toEqual([
      "/bin/sh",
      "-c",
      "pip install y",
    ]);
  });
});

it("expands variables", () => {
  expect(expandVariables(`$A/\${B}/\${C:-d}/$E`, { A: "a", B: "b" })).toBe("a/b/d/");
});

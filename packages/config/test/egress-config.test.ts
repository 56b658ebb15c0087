import { expect, test } from "vitest";
import { allowedHosts, parseSandboxConfig, type SandboxConfigInput } from "../src/index.ts";

function parse(egress: unknown) {
  return parseSandboxConfig({ egress } as SandboxConfigInput).egress;
}

function problemOf(egress: unknown): string {
  try {
    parse(egress);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was accepted");
}

test("everything, nothing, or hosts", () => {
  expect(parse(undefined)).toBe(true);
  expect(parse(false)).toBe(false);
  const allow = [
    "HuggingFace.co",
    "api.example.com:8443",
    "192.0.2.7",
    "localhost:5000",
    "my_bucket.example",
  ];
  const parsed = parse({ allow });
  expect(parsed).toEqual({ allow: allow.map((entry) => entry.toLowerCase()) });
  expect(parse(parsed)).toEqual(parsed);
});

test("a host without a port means those of HTTP, and repetition adds nothing", () => {
  const allow = ["example.com", "example.com:443", "example.com:8443", "192.0.2.7:22", "192.0.2.7:22"];
  expect(allowedHosts(allow)).toEqual([
    { host: "example.com", ports: [80, 443, 8443] },
    { host: "192.0.2.7", ports: [22] },
  ]);
});

test.each([
  ["*.example.com", "is a pattern: list each host"],
  ["10.0.0.0/8", "is a range of addresses: list each host"],
  ["https://example.com", "is a URL or a path: list its host"],
  ["example.com/models", "is a URL or a path: list its host"],
  ["::1", "is an IPv6 address: list the host's name or IPv4 address"],
  ["[2001:db8::1]:443", "is an IPv6 address: list the host's name or IPv4 address"],
  ["example.com:0", "has no valid port: use a number from 1 to 65535, or none"],
  ["example.com:65536", "has no valid port: use a number from 1 to 65535, or none"],
  ["example.com:", "has no valid port: use a number from 1 to 65535, or none"],
  ["example.com:https", "has no valid port: use a number from 1 to 65535, or none"],
  ["0.0.0.0", "is not the address of one host: list each host"],
  ["224.0.0.1:80", "is not the address of one host: list each host"],
  ["127.1", "is not a host"],
  ["2130706433", "is not a host"],
  ["0x7f.0.0.0x1", "is not a host"],
  ["1.2.3.256", "is not a host"],
  ["", "is not a host"],
  ["example.com.", "is not a host"],
  ["-example.com", "is not a host"],
  ["bücher.example", "is not a host"],
  ["a b", "is not a host"],
  ["a\nb", "is not a host"],
  [`${"a".repeat(64)}.example`, "is not a host"],
  [`${"a.".repeat(130)}example`, "is not a host"],
])("%j is no host", (entry, problem) => {
  expect(problemOf({ allow: ["example.com", entry] })).toContain(
    `egress.allow[1]: ${JSON.stringify(entry)} ${problem}`,
  );
});

test("what else is no list of hosts", () => {
  const expected = 'egress: expected true, false or a list of hosts such as `{ allow: ["huggingface.co"] }`';
  for (const wrong of ["huggingface.co", ["huggingface.co"], { allowed: ["a"] }, { allow: "a" }, null])
    expect(problemOf(wrong)).toContain(`${expected} (got ${JSON.stringify(wrong)})`);
  expect(problemOf({ allow: [] })).toContain("egress.allow: expected at least one host; `egress: false`");
  expect(problemOf({ allow: Array.from({ length: 101 }, (_, n) => `h${n}`) })).toContain("at most 100 hosts");
});

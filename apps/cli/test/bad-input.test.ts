import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { Place, sandboxProcesses } from "./helpers/place.ts";

const fine = "@expose\ndef greet(name: str) -> str:\n    return name\n";

describe("an interface file that cannot be served", () => {
  test.each<[string, string, RegExp]>([
    ["a syntax error", "@expose\ndef greet(name: str -> str:\n", /interface\.py.*line 2\n.*SyntaxError/s],
    ["an import that is missing", `import no_such_module\n${fine}`, /No module named 'no_such_module'/],
    [
      "an error as it loads",
      `layers = [1, 2]\nlayers[40]\n${fine}`,
      /line 2.*IndexError: list index out of range/s,
    ],
    ["nothing exposed", fine.replace("@expose\n", ""), /exposes no function\nhint: Put @expose above/],
    ["an unsupported hint", fine.replace(": str)", ": compile)"), /greet: the hint of the parameter 'name'/],
  ])("%s", async (_, code, message) => {
    await using place = await Place.create();
    const file = await place.write("interface.py", code);
    const { exitCode, stdout, stderr } = await place.seer("serve", file);

    expect(stderr).toMatch(/^error: /m);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("code: environment/interface-failed");
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(await sandboxProcesses()).toEqual([]);
    expect(await place.running()).toEqual([]);
  });

  test("a port in use", async () => {
    await using place = await Place.create();
    const file = await place.write("interface.py", fine);
    const taken = createServer().listen(0, "127.0.0.1");
    try {
      await once(taken, "listening");
      const { port } = taken.address() as AddressInfo;
      const { exitCode, stderr } = await place.seer("serve", file, "--port", String(port));
      expect(stderr).toContain(`error: Port ${port} cannot be used: Address already in use\nhint: `);
      expect(stderr).toContain("code: environment/port-unavailable");
      expect(exitCode).toBe(1);
      expect(await sandboxProcesses()).toEqual([]);
    } finally {
      taken.close();
    }
  });

  test("one that does not exist is known before anything starts", async () => {
    await using place = await Place.create();
    expect(await place.seer("serve", "interfaec.py")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /^error: The interface file interfaec.py does not exist\nhint: .*\ncode: cli\/no-file/,
      ),
    });
  });
});

describe("a sandbox that cannot be made", () => {
  test.each<[string, unknown, string, RegExp]>([
    [
      "an unknown key",
      { pythonPackage: [] },
      "config/invalid",
      /unknown key `pythonPackage`; did you mean `pythonPackages`/,
    ],
    [
      "an unknown package",
      {
        pythonPackages: ["seer-no-such-package @ file:///nowhere/seer_no_such_package-1.0-py3-none-any.whl"],
      },
      "environment/package-install-failed",
      /seer.no.such.package/,
    ],
    [
      "a repository that does not exist",
      { repos: [{ url: "file:///nowhere/at-all" }] },
      "environment/repo-failed",
      /nowhere/,
    ],
    [
      "a secret that is not set",
      { secrets: ["SEER_NO_SUCH_SECRET"] },
      "environment/secret-missing",
      /SEER_NO_SUCH_SECRET/,
    ],
  ])("%s", async (_, config, code, message) => {
    await using place = await Place.create();
    const configFile = await place.write("sandbox.json", JSON.stringify(config));
    const { exitCode, stderr } = await place.seer("serve", place.greetings, "--config", configFile);

    expect(stderr).toMatch(message);
    expect(stderr).toContain(`code: ${code}`);
    expect(exitCode).toBe(1);
    expect(await sandboxProcesses()).toEqual([]);
  });

  test("a configuration that is not there, or not JSON", async () => {
    await using place = await Place.create();
    const missing = await place.seer("serve", place.greetings, "--config", "sandbox.json");
    expect(missing).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("sandbox.json cannot be read"),
    });

    await place.write("sandbox.json", "{");
    const broken = await place.seer("serve", place.greetings, "--config", "sandbox.json", "--json");
    expect(broken.exitCode).toBe(1);
    expect(JSON.parse(broken.stderr)).toMatchObject({ error: { code: "config/unreadable" } });
  });
});

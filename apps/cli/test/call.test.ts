import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seer } from "./helpers/cli.ts";
import { Place } from "./helpers/place.ts";

type Serving = Awaited<ReturnType<Place["serve"]>>;

let place: Place;
let serving: Serving;

beforeAll(async () => {
  place = await Place.create();
  serving = await place.serve("--as", "prompt", "--name", "tools");
});
afterAll(async () => {
  await serving[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

describe("seer call", () => {
  test("prints the result on stdout, and what the function prints on stderr", async () => {
    expect(await place.seer("call", "tools", "greet", "--args", '{"name": "Ada", "greeting": "hi"}')).toEqual(
      {
        exitCode: 0,
        stdout: '"hi Ada"\n',
        stderr: "greeting Ada\n",
      },
    );
  });

  test("finds it by the sandbox's id, and by its URL; arguments may go by position", async () => {
    const { id, url, token } = serving.served;
    const greet = (target: string, env = {}) =>
      seer(["call", target, "greet", "--args", '["Bo"]'], { env: { SEER_HOME: place.home, ...env } });

    expect(await greet(id)).toMatchObject({ stdout: '"hello Bo"\n' });
    expect(await greet(url, { SEER_RPC_TOKEN: token })).toMatchObject({ stdout: '"hello Bo"\n' });
  });

  test("keeps the state of the interface's module", async () => {
    await place.seer("call", "tools", "greet", "--args", '["Cy"]');
    const { stdout } = await place.seer("call", "tools", "list_greeted");
    expect(JSON.parse(stdout)).toContain("Cy");
  });

  test("prints a stream's items, one a line", async () => {
    expect(await place.seer("call", "tools", "count", "--args", "[3]")).toMatchObject({
      stdout: "1\n2\n3\n",
    });
  });

  test("Ctrl-C cancels the call, and the next one runs", async () => {
    await using cli = place.start("call", "tools", "sleep", "--args", "[60]");
    await cli.until("sleeping");
    cli.process.kill("SIGINT");

    expect(await cli.exitCode).toBe(130);
    expect(await place.seer("call", "tools", "sleep", "--args", "[0]")).toMatchObject({
      stdout: '"rested"\n',
    });
  });
});

describe("a call that fails exits with 1 and says why", () => {
  test.each<[string, string, string, string, RegExp]>([
    [
      "an exception",
      "fail",
      "[40]",
      "rpc/exception",
      /^error: ValueError: layer 40 of 26\n.*File ".*greetings\.py", line/s,
    ],
    ["a missing argument", "greet", "{}", "rpc/invalid-arguments", /'?name'?/],
    ["a wrong argument", "greet", '{"name": 3}', "rpc/invalid-arguments", /name.*str/],
    ["an unknown argument", "greet", '{"name": "A", "greting": "x"}', "rpc/invalid-arguments", /greting/],
    ["an unknown function", "gret", "{}", "rpc/unknown-function", /greet/],
    ["a function that is not exposed", "not_exposed", "{}", "rpc/unknown-function", /not_exposed/],
    ["a result that cannot be sent", "give_back", '["open"]', "rpc/unserialisable", /method/],
  ])("%s", async (_, fn, args, code, message) => {
    const { exitCode, stdout, stderr } = await place.seer("call", "tools", fn, "--args", args);

    expect(stderr).toMatch(message);
    expect(stderr).toContain(`code: ${code}`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  });

  test("a wrong token", async () => {
    const options = { env: { SEER_RPC_TOKEN: "wrong" } };
    const { exitCode, stderr } = await seer(["call", serving.served.url, "greet"], options);

    expect(stderr).toContain("code: rpc/unauthorised");
    expect(exitCode).toBe(1);
  });

  test("nothing at the URL", async () => {
    const options = { env: { SEER_RPC_TOKEN: "token" } };
    const { exitCode, stderr } = await seer(["call", "http://127.0.0.1:9", "greet"], options);

    expect(stderr).toContain("code: rpc/unreachable");
    expect(exitCode).toBe(1);
  });

  test("a target that is not there, with the nearest that is", async () => {
    expect(await place.seer("call", "toolz", "greet")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /^error: No sandbox has the id or name toolz.*\nhint: Did you mean tools\?/,
      ),
    });
  });
});

describe("seer ls and seer stop", () => {
  test("ls shows what runs, in a table", async () => {
    const { stdout } = await place.seer("ls");

    expect(stdout).toMatch(/^ID +NAME +BACKEND +STATE +UP +GPU +PROCS +CPU +MEMORY +SERVES\n/);
    expect(stdout).toMatch(new RegExp(`^${serving.served.id} .* running .* tools$`, "m"));
  });

  test("stop names the nearest", async () => {
    const { exitCode, stderr } = await place.seer("stop", `${serving.served.id}x`);

    expect(stderr).toContain(`hint: Did you mean ${serving.served.id}?`);
    expect(exitCode).toBe(1);
  });

  test("two sandboxes that serve the same are told apart by id; --all stops both", async () => {
    const first = serving.served.id;
    await using second = await place.serve("--as", "prompt", "--name", "tools");

    expect(await place.seer("call", "tools", "greet", "--args", '["A"]')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("Several sandboxes serve tools"),
    });
    expect(await place.seer("call", first, "greet", "--args", '["A"]')).toMatchObject({ exitCode: 0 });
    const { stdout } = await place.seer("stop", "--all");
    expect(stdout.trim().split("\n").sort()).toEqual(
      [first, second.served.id].map((id) => `Stopped ${id}`).sort(),
    );
    expect(await place.running()).toEqual([]);
    expect(await place.seer("ls")).toEqual({ exitCode: 0, stdout: "", stderr: "Nothing is running.\n" });
  });
});

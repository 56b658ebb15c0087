import { execFile, spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LaunchedHost } from "../../src/launch/index.ts";
import { startHost, temporaryDirectory } from "../fixtures/real-host.ts";

// Everything here is written from PROTOCOL.md alone, and sent by curl: no code of the client takes part.

const run = promisify(execFile);
const messageType = "application/vnd.seer.v1";
const hasCurl = spawnSync("curl", ["--version"]).status === 0;

let host: LaunchedHost;
beforeAll(async () => {
  host = await startHost();
});
afterAll(() => host?.close());

interface Answer {
  status: number;
  type: string;
  body: string;
}

/** Runs curl with the call token unless the arguments say otherwise. */
async function curl(path: string, ...args: string[]): Promise<Answer> {
  const authorisation = args.some((arg) => arg.startsWith("Authorization:"))
    ? []
    : ["-H", `Authorization: Bearer ${host.token}`];
  const about = "\n%{http_code} %{content_type}";
  const { stdout } = await run("curl", ["-sS", "-w", about, ...authorisation, ...args, `${host.url}${path}`]);
  const at = stdout.lastIndexOf("\n");
  const [status = "", ...type] = stdout.slice(at + 1).split(" ");
  return { status: Number(status), type: type.join(" "), body: stdout.slice(0, at) };
}

async function curlJson(path: string, ...args: string[]): Promise<{ status: number; json: unknown }> {
  const { status, body } = await curl(path, ...args);
  return { status, json: JSON.parse(body) };
}

const json = (value: unknown) => ["-H", "Content-Type: application/json", "-d", JSON.stringify(value)];
const admin = () => ["-H", `Authorization: Bearer ${host.adminToken}`];

describe.skipIf(!hasCurl)("with the protocol document and curl", () => {
  test("health, and what is served", async () => {
    expect(await curlJson("/health")).toMatchObject({
      status: 200,
      json: { protocol: 1, name: "interface", state: "idle", running: 0, waiting: 0 },
    });
    const { status, json } = await curlJson("/interface?wait=10");
    expect(status).toBe(200);
    const { functions } = json as { functions: { name: string; parameters: { name: string }[] }[] };
    const add = functions.find(({ name }) => name === "add");
    expect(add?.parameters.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  test("calls with arguments by name and in order", async () => {
    expect(await curlJson("/call/add", ...json({ a: 1, b: 2 }))).toMatchObject({
      status: 200,
      json: { result: 3 },
    });
    expect(await curlJson("/call/add", ...json([1, 2]))).toMatchObject({ status: 200, json: { result: 3 } });
    // curl's own idea of the type of -d
    expect(await curlJson("/call/add", "-d", '{"a": 1}')).toMatchObject({ status: 200, json: { result: 2 } });
    expect(await curlJson("/call/numbers", ...json([3]))).toMatchObject({ json: { result: [0, 1, 2] } });
  });

  test("values that JSON has no words for", async () => {
    const value = [
      { $seer: "float", value: "nan" },
      { $seer: "bytes", data: "AP8=" },
    ];
    expect(await curlJson("/call/echo", ...json({ value }))).toMatchObject({ json: { result: value } });
    const array = { $seer: "array", dtype: "float32", shape: [2], data: "AACAPwAAAEA=" };
    expect(await curlJson("/call/describe", ...json([array]))).toMatchObject({
      json: { result: "ndarray float32 [2] 3.0" },
    });
  });

  test("errors, each with its status", async () => {
    expect(await curlJson("/call/fail", ...json({ message: "layer 40 of 26" }))).toMatchObject({
      status: 500,
      json: {
        id: expect.stringMatching(/.+/),
        error: { code: "exception", type: "ValueError", message: "layer 40 of 26" },
      },
    });
    expect(await curlJson("/call/add", ...json({ a: "one" }))).toMatchObject({
      status: 400,
      json: { error: { code: "invalid-arguments", details: { parameter: "a" } } },
    });
    expect(await curlJson("/call/ad", ...json({}))).toMatchObject({
      status: 404,
      json: { error: { code: "unknown-function", hint: expect.stringContaining("add") } },
    });
    expect(await curlJson("/call/add", ...json("text"))).toMatchObject({ status: 400 });
    expect(await curlJson("/call/add", "-d", "{")).toMatchObject({ status: 400 });
  });

  test("a call that is left and found again, with its output", async () => {
    const id = ["-H", "Seer-Call-Id: from-curl"];
    const begun = await curlJson("/call/print_lines", ...id, "-H", "Prefer: wait=0", ...json([3, 0.1]));
    expect(begun).toMatchObject({
      status: 202,
      json: { id: "from-curl", function: "print_lines", state: "running", endedAt: null },
    });
    const ended = await curlJson("/calls/from-curl?wait=10");
    expect(ended).toMatchObject({ status: 200, json: { state: "done", result: 3 } });
    const { output } = ended.json as { output: { text: string; next: number } };
    expect(output.text).toContain("line 0 ✓\n");
    expect(output.next).toBe(Buffer.byteLength(output.text));
    const from = Buffer.byteLength(output.text) - Buffer.byteLength("line 2 ✓\n");
    expect(await curlJson(`/calls/from-curl?output=${from}`)).toMatchObject({
      json: { output: { offset: from, text: "line 2 ✓\n" } },
    });
    // The same id again is the same call.
    expect(await curlJson("/call/print_lines", ...id, ...json([3, 0.1]))).toMatchObject({
      json: { id: "from-curl", result: 3 },
    });
    expect(await curlJson("/calls/never")).toMatchObject({
      status: 404,
      json: { error: { code: "unknown-call" } },
    });
  });

  test("cancels, and sets deadlines", async () => {
    const id = ["-H", "Seer-Call-Id: to-cancel"];
    const call = curlJson("/call/sleep", ...id, ...json([60]));
    await expect.poll(async () => (await curl("/calls/to-cancel")).status).toBe(200);
    expect(await curlJson("/calls/to-cancel", "-X", "DELETE")).toMatchObject({
      status: 200,
      json: { state: "cancelled", error: { code: "cancelled" } },
    });
    expect(await call).toMatchObject({ status: 499, json: { error: { code: "cancelled" } } });
    expect(await curlJson("/call/sleep", "-H", "Seer-Deadline-Ms: 100", ...json([60]))).toMatchObject({
      status: 504,
      json: { error: { code: "deadline" } },
    });
  });

  test("a message with buffers there and back", async () => {
    await using directory = await temporaryDirectory();
    const sent = join(directory.path, "sent");
    const received = join(directory.path, "received");
    // The first buffer begins at a multiple of 8 bytes, which spaces after the JSON see to, and each is filled up to one.
    const value = '{"value":{"$seer":"array","dtype":"float64","shape":[2],"buffer":0}}';
    const numbers = Buffer.from(Float64Array.of(1.5, -2).buffer);
    const lineOf = (size: number) => `{"json":${size},"buffers":[${numbers.length}]}\n`;
    let size = value.length;
    while ((lineOf(size).length + size) % 8 !== 0) size++;
    await writeFile(sent, Buffer.concat([Buffer.from(lineOf(size) + value.padEnd(size)), numbers]));

    const types = ["-H", `Content-Type: ${messageType}`, "-H", `Accept: ${messageType}`];
    const answer = await curl("/call/echo", ...types, "--data-binary", `@${sent}`, "-o", received);
    expect(answer).toMatchObject({ status: 200, type: messageType });

    const data = await readFile(received);
    const end = data.indexOf("\n");
    const header = JSON.parse(data.toString("utf8", 0, end));
    expect(header).toMatchObject({ op: "result", buffers: [16] });
    const body = end + 1;
    expect((body + header.json) % 8).toBe(0);
    expect(JSON.parse(data.toString("utf8", body, body + header.json))).toEqual({
      $seer: "array",
      dtype: "float64",
      shape: [2],
      buffer: 0,
    });
    const start = body + header.json;
    expect([data.readDoubleLE(start), data.readDoubleLE(start + 8)]).toEqual([1.5, -2]);
    expect(data.length).toBe(start + 16);
  });

  test("references to what stays in the worker", async () => {
    const { json: kept } = await curlJson("/call/keep", ...json([4]));
    const ref = (kept as { result: { $seer: string; id: string } }).result;
    expect(ref).toMatchObject({ $seer: "ref", type: "ndarray", summary: "float32 [4]" });
    const argument = { array: { $seer: "ref", id: ref.id } };
    expect(await curlJson("/call/total", ...json(argument))).toMatchObject({ json: { result: 6 } });
    expect(await curlJson("/refs")).toMatchObject({ json: { refs: [{ id: ref.id }] } });
    expect(await curlJson(`/refs/${ref.id}`, "-X", "DELETE")).toEqual({ status: 200, json: {} });
    expect(await curlJson(`/refs/${ref.id}`, "-X", "DELETE")).toMatchObject({ status: 404 });
  });

  test("who may do what", async () => {
    expect(await curlJson("/health", "-H", "Authorization: Bearer wrong")).toMatchObject({
      status: 401,
      json: { error: { code: "unauthorised" } },
    });
    for (const [path, ...args] of [["/logs"], ["/calls"], ["/restart", "-d", ""], ["/shutdown", "-d", ""]]) {
      expect(await curlJson(path as string, ...args)).toMatchObject({
        status: 403,
        json: { error: { code: "forbidden" } },
      });
    }
    await curl("/call/print_lines", ...json([1]));
    const logs = await curl("/logs?lines=10", ...admin());
    expect(logs).toMatchObject({ status: 200, type: expect.stringMatching(/^text\/plain/) });
    expect(logs.body).toContain("line 0 ✓");
    const { json: all } = await curlJson("/calls", ...admin());
    expect((all as { calls: { function: string }[] }).calls.map((call) => call.function)).toContain("add");
    expect(await curlJson("/health", "-H", "Origin: http://127.0.0.1")).toMatchObject({ status: 403 });
    expect(await curlJson("/health", "-H", "Host: evil.example")).toMatchObject({ status: 403 });
  });

  test("a restart, after which the next call waits for the file", async () => {
    const before = (await curlJson("/health")).json as { workerPid: number };
    expect(await curlJson("/restart", "-X", "POST", ...admin())).toMatchObject({ status: 200 });
    expect(await curlJson("/call/add", ...json([1, 2]))).toMatchObject({ json: { result: 3 } });
    const after = (await curlJson("/health")).json as { workerPid: number; restarts: number };
    expect(after.restarts).toBe(1);
    expect(after.workerPid).not.toBe(before.workerPid);
  });
});

import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSandboxConfig } from "../src/index.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

async function read(content: string) {
  const directory = await temporaryDirectory({ "seer.json": content });
  return { directory, config: await readSandboxConfig(join(directory, "seer.json")) };
}

test("local paths are relative to the file", async () => {
  const { directory, config } = await read(
    JSON.stringify({
      models: [{ name: "./weights" }, { name: "google/gemma-2-9b", varName: "hub" }],
      localFiles: [["a.py", "/workspace/a.py"]],
      localDirs: [["/srv/data", "/workspace/data"]],
    }),
  );
  expect(config.models?.map(({ name }) => name)).toEqual([join(directory, "weights"), "google/gemma-2-9b"]);
  expect(config.localFiles).toEqual([[join(directory, "a.py"), "/workspace/a.py"]]);
  expect(config.localDirs).toEqual([["/srv/data", "/workspace/data"]]);
});

test("a local base of an adapter is relative to the file too", async () => {
  const { directory, config } = await read(
    JSON.stringify({ models: [{ name: "./adapter", isPeft: true, baseModel: "./base" }] }),
  );
  expect(config.models?.[0]?.baseModel).toBe(join(directory, "base"));
});

test("a directory that stands in for a model of the hub is relative to the file too", async () => {
  const models = [
    { name: "google/gemma-2-9b", path: "gemma" },
    {
      name: "user/adapter",
      path: "/srv/adapter",
      varName: "tuned",
      isPeft: true,
      baseModel: "google/gemma-2-9b",
    },
    { name: "user/other", path: "~/other", varName: "other" },
  ];
  const { directory, config } = await read(JSON.stringify({ models }));
  expect(config.models).toMatchObject([
    { name: "google/gemma-2-9b", path: join(directory, "gemma") },
    { name: "user/adapter", path: "/srv/adapter", baseModel: "google/gemma-2-9b" },
    { name: "user/other", path: join(homedir(), "other") },
  ]);
});

test("the backend stays open, for SEER_BACKEND to decide", async () => {
  const { config } = await read("{}");
  expect(config.backend).toBeUndefined();
});

test("a file that is missing, not JSON or not valid is named", async () => {
  await expect(readSandboxConfig("/nowhere/seer.json")).rejects.toMatchObject({
    code: "config/unreadable",
    message: expect.stringContaining("/nowhere/seer.json cannot be read"),
  });
  await expect(read("{ gpu: ")).rejects.toMatchObject({
    code: "config/unreadable",
    message: expect.stringMatching(/seer\.json is not JSON/),
  });
  await expect(read('{"gpus": 1}')).rejects.toMatchObject({
    code: "config/invalid",
    message: expect.stringMatching(
      /seer\.json is not valid:\n {2}- unknown key `gpus`; did you mean `gpu`\?/,
    ),
  });
  await expect(read("[]")).rejects.toMatchObject({ code: "config/invalid" });
});

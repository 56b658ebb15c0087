import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type HubEmulator, startHubEmulator } from "../src/index.ts";
import { HubClient } from "./helpers/hub-client.ts";

const weights = randomBytes(300_000);
let hub: HubEmulator;
let client: HubClient;
let first: string;
let second: string;

beforeAll(async () => {
  hub = await startHubEmulator({ tokens: ["hf_stranger"], pageSize: 2 });
  const directory = await mkdtemp(join(tmpdir(), "hub-emulator-repo-"));
  await mkdir(join(directory, "nested"));
  await writeFile(join(directory, "config.json"), '{"v": 1}');
  await writeFile(join(directory, "nested/notes.txt"), "nested");
  await writeFile(join(directory, "model.safetensors"), weights);
  const repo = await hub.addRepo("org/tiny", directory);
  await rm(directory, { recursive: true });
  first = repo.branches.get("main") ?? "";
  repo.tag("v1");
  second = await repo.commit({ "config.json": '{"v": 2}', "model.safetensors": weights });
  await repo.commit({ "config.json": '{"v": 3}' }, { branch: "feature/x" });
  await hub.addRepo(
    "org/gated",
    { "config.json": "{}", "model.safetensors": weights },
    { gated: true, allowed: ["hf_granted"] },
  );
  await hub.addRepo("org/private", { "config.json": "{}" }, { private: true, allowed: ["hf_granted"] });
  await hub.addRepo("legacy", { "config.json": '{"old": true}' });
  client = await HubClient.start(hub.env);
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await hub.close();
});
afterEach(() => hub.faults.clear());

describe("a repo", () => {
  it("describes itself, its files and its revisions", async () => {
    const info = await client.call("model_info", { repo_id: "org/tiny", files_metadata: true });
    expect(info).toMatchObject({ id: "org/tiny", author: "org", sha: second, gated: false, private: false });
    expect(info.siblings).toMatchObject([
      { rfilename: "config.json", size: 8, lfs: null },
      { rfilename: "model.safetensors", size: 300_000, lfs: { size: 300_000 } },
    ]);
    expect((await client.call("model_info", { repo_id: "org/tiny", revision: "v1" })).sha).toBe(first);
    expect((await client.call("model_info", { repo_id: "legacy" })).id).toBe("legacy");
    const refs = await client.call("list_repo_refs", { repo_id: "org/tiny" });
    expect(refs.branches.map(({ name }: { name: string }) => name)).toEqual(["main", "feature/x"]);
    expect(refs.tags).toMatchObject([{ name: "v1", ref: "refs/tags/v1", target_commit: first }]);
  });

  it("is found by its author or by words, if it may be seen", async () => {
    const list = async (args: Record<string, unknown>) =>
      (await client.call("list_models", args)).map(({ id }: { id: string }) => id);
    expect(await list({ author: "org" })).toEqual(["org/tiny", "org/gated"]);
    expect(await list({ search: "PRIV", token: "hf_granted" })).toEqual(["org/private"]);
    expect(await list({ author: "org", limit: 1 })).toEqual(["org/tiny"]);
  });

  it("lists its tree page by page", async () => {
    const list = async (args: object) =>
      (await client.call("list_repo_tree", { repo_id: "org/tiny", revision: "v1", ...args })).map(
        ({ path }: { path: string }) => path,
      );
    expect(await list({})).toEqual(["config.json", "model.safetensors", "nested"]);
    expect(await list({ recursive: true })).toEqual([
      "config.json",
      "model.safetensors",
      "nested",
      "nested/notes.txt",
    ]);
    expect(await list({ path_in_repo: "nested" })).toEqual(["nested/notes.txt"]);
    const paths = await client.call("get_paths_info", {
      repo_id: "org/tiny",
      paths: ["config.json", "none"],
    });
    expect(paths).toMatchObject([{ path: "config.json", size: 8 }]);
    expect(await client.call("file_exists", { repo_id: "org/tiny", filename: "none" })).toBe(false);
  });

  it.each([
    ["main", 2],
    ["v1", 1],
    ["feature/x", 3],
  ])("hands out files of %s", async (revision, version) => {
    const path = await client.call("hf_hub_download", {
      repo_id: "org/tiny",
      filename: "config.json",
      revision,
    });
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual({ v: version });
  });

  it("hands out files of a commit, and whole snapshots", async () => {
    const path = await client.call("snapshot_download", { repo_id: "org/tiny", revision: first });
    expect(path).toContain(first);
    expect(await readFile(join(path, "nested/notes.txt"), "utf8")).toBe("nested");
    expect(Buffer.compare(await readFile(join(path, "model.safetensors")), weights)).toBe(0);
    expect(
      await client.call("snapshot_download", {
        repo_id: "org/tiny",
        revision: first,
        local_files_only: true,
      }),
    ).toBe(path);
  });

  it("tells a file's size and hashes without handing it out", async () => {
    const url = `${hub.url}/org/tiny/resolve/main/model.safetensors`;
    const metadata = await client.call("get_hf_file_metadata", { url });
    expect(metadata).toMatchObject({ commit_hash: second, size: 300_000 });
    expect(metadata.etag).toMatch(/^[0-9a-f]{64}$/);
    expect(metadata.location).toContain("http://localhost:");
    const unsigned = new URL(metadata.location);
    unsigned.searchParams.delete("signature");
    expect((await fetch(unsigned)).status).toBe(403);
  });
});

describe("what is not there", () => {
  it("has an error of its own: repo, revision, file", async () => {
    expect(await client.fail("model_info", { repo_id: "org/none" })).toBe("RepositoryNotFoundError");
    expect(await client.fail("model_info", { repo_id: "org/none", token: "hf_stranger" })).toBe(
      "RepositoryNotFoundError",
    );
    expect(await client.fail("model_info", { repo_id: "org/tiny", revision: "v9" })).toBe(
      "RevisionNotFoundError",
    );
    const download = { repo_id: "org/tiny", filename: "config.json" };
    expect(await client.fail("hf_hub_download", { ...download, revision: "v9" })).toBe(
      "RevisionNotFoundError",
    );
    expect(await client.fail("hf_hub_download", { ...download, filename: "none" })).toBe(
      "RemoteEntryNotFoundError",
    );
    expect(await client.fail("snapshot_download", { repo_id: "org/none" })).toBe("RepositoryNotFoundError");
  });
});

describe("a gated repo", () => {
  it("is seen by all, and downloaded by whom it was granted", async () => {
    const download = { repo_id: "org/gated", filename: "model.safetensors" };
    expect((await client.call("model_info", { repo_id: "org/gated" })).gated).toBe("manual");
    expect(await client.fail("hf_hub_download", { ...download, token: false })).toBe("GatedRepoError");
    expect(await client.fail("hf_hub_download", { ...download, token: "hf_stranger" })).toBe(
      "GatedRepoError",
    );
    expect(await client.fail("snapshot_download", { repo_id: "org/gated" })).toBe("GatedRepoError");
    const path = await client.call("hf_hub_download", { ...download, token: "hf_granted" });
    expect((await readFile(path)).length).toBe(weights.length);
    const statuses = hub
      .requests()
      .filter(({ path }) => path.includes("/org/gated/resolve"))
      .map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([401, 403, 302]));
  });
});

describe("a private repo", () => {
  it("is there for whom it was granted, and for nobody else", async () => {
    const info = { repo_id: "org/private" };
    expect(await client.fail("model_info", info)).toBe("RepositoryNotFoundError");
    expect(await client.fail("model_info", { ...info, token: "hf_stranger" })).toBe(
      "RepositoryNotFoundError",
    );
    expect((await client.call("model_info", { ...info, token: "hf_granted" })).private).toBe(true);
  });
});

describe("a token", () => {
  it("must exist", async () => {
    expect((await client.call("whoami", { token: "hf_granted" })).name).toBe("tester");
    expect(await client.fail("model_info", { repo_id: "org/tiny", token: "hf_invented" })).toBe(
      "HfHubHTTPError",
    );
  });
});

describe("a connection that breaks in the middle", () => {
  it("is resumed where it broke, and the file is right", async () => {
    const repo_id = "org/dropped";
    // The client keeps what it got of a file in pieces of ten megabytes.
    const bytes = randomBytes(12_000_000);
    await hub.addRepo(repo_id, { "model.safetensors": bytes });
    const fault = hub.faults.dropDownload({ path: /model\.safetensors/, afterBytes: 11_000_000 });
    const path = await client.call("hf_hub_download", { repo_id, filename: "model.safetensors" });
    expect(fault.hits).toBe(1);
    expect(Buffer.compare(await readFile(path), bytes)).toBe(0);
    expect(hub.requests().at(-1)).toMatchObject({ status: 206, range: "bytes=10485760-" });
  });

  it("does no harm when the process that downloads is killed", async () => {
    const repo_id = "org/killed";
    const bytes = randomBytes(400_000);
    await hub.addRepo(repo_id, { "model.safetensors": bytes });
    const slow = hub.faults.slowDownload({ path: /model/, bytesPerSecond: 400_000 });
    const home = await mkdtemp(join(tmpdir(), "hub-emulator-home-"));
    const args = { repo_id, filename: "model.safetensors", cache_dir: home };
    await using killed = await HubClient.start(hub.env);
    const broken = killed.call("hf_hub_download", args).catch(() => {});
    while (slow.hits === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 300));
    killed.kill();
    await broken;
    hub.faults.clear();
    const path = await client.call("hf_hub_download", args);
    expect(Buffer.compare(await readFile(path), bytes)).toBe(0);
    await rm(home, { recursive: true });
  });

  it("that never gets better is an error, and leaves no half file in the snapshot", async () => {
    const repo_id = "org/hopeless";
    await hub.addRepo(repo_id, { "config.json": "x".repeat(1000) });
    hub.faults.fail({ path: /hopeless\/resolve/, times: Number.POSITIVE_INFINITY, status: 403 });
    expect(await client.fail("hf_hub_download", { repo_id, filename: "config.json" })).toMatch(/Error$/);
    hub.faults.clear();
    const path = await client.call("hf_hub_download", { repo_id, filename: "config.json" });
    expect((await readFile(path)).length).toBe(1000);
  });
});

it("is bound to loopback and ends with all its connections", async () => {
  const other = await startHubEmulator();
  expect(other.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  await fetch(`${other.url}/api/models/none`);
  await other.close();
  await other.close();
  await expect(fetch(other.url)).rejects.toThrow();
});

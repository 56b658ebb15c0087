import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { gitIn } from "./git.ts";

export interface GitServer extends AsyncDisposable {
  readonly server: Server;
  readonly port: number;
  /** Its URL without a name and password. */
  readonly url: string;
  /** The first commit, which is v1. */
  readonly commit: string;
  /** The paths that were asked for. */
  readonly asked: readonly string[];
  /** The command lines of this machine's processes that name this server, as they were while it was asked. */
  readonly commandLines: readonly string[];
}

/** Serves a Python package in a git repository, to those who know its name and password. */
export async function serveGit(folder: string, login: string): Promise<GitServer> {
  const commit = await makeRepository(folder);
  const asked: string[] = [];
  const commandLines = new Set<string>();
  let host = "";
  // Git's older protocol asks for nothing but files.
  const server = createServer(async ({ url = "", headers }, response) => {
    asked.push(url);
    for (const line of linesWith(host)) commandLines.add(line);
    const path = join(folder, new URL(url, "http://localhost").pathname);
    const isAllowed = headers.authorization === `Basic ${Buffer.from(login).toString("base64")}`;
    const body = isAllowed ? await readFile(path).catch(() => undefined) : undefined;
    response.writeHead(isAllowed ? (body === undefined ? 404 : 200) : 401, { "WWW-Authenticate": "Basic" });
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  host = `127.0.0.1:${port}`;
  return {
    server,
    port,
    url: `http://${host}/circuits.git`,
    commit,
    asked,
    get commandLines() {
      return [...commandLines];
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function linesWith(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")];
      } catch {
        return [];
      }
    })
    .filter((line) => line.includes(text));
}

async function makeRepository(folder: string): Promise<string> {
  const work = join(folder, "work");
  const git = gitIn(work);
  await mkdir(work);
  await git("init", "--quiet", "--initial-branch=main");
  await writeFile(
    join(work, "pyproject.toml"),
    '[project]\nname = "circuits"\nversion = "1.0"\n\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
  );
  await copyFile(join(import.meta.dirname, "..", "fixtures", "build_backend.py"), join(work, "backend.py"));
  const save = async (text: string) => {
    await writeFile(join(work, "circuits.py"), `version = ${JSON.stringify(text)}\n`);
    await git("add", "--all");
    await git("commit", "--quiet", "--message", text);
    return await git("rev-parse", "HEAD");
  };
  const first = await save("first");
  await git("tag", "v1");
  await save("second");
  await git("clone", "--quiet", "--bare", work, join(folder, "circuits.git"));
  await promisify(execFile)("git", ["-C", join(folder, "circuits.git"), "update-server-info"]);
  return first;
}

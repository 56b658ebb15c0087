import type { ServerResponse } from "node:http";
import { checkToken, isVisible, requireGranted, requireVisible } from "../access.ts";
import type { HubFaults } from "../faults.ts";
import { entryNotFound, HubError, revisionNotFound } from "../http/hub-error.ts";
import { sendFile } from "../http/send-file.ts";
import type { Commit, HubRepo } from "../repos/hub-repo.ts";
import type { Request } from "../request.ts";
import { LargeFiles } from "./large-files.ts";
import { describeRefs, describeRepo } from "./repo-info.ts";
import { describePaths, listTree } from "./tree.ts";

export interface RouterOptions {
  repos: ReadonlyMap<string, HubRepo>;
  tokens: ReadonlySet<string>;
  faults: HubFaults;
  pageSize: number;
  /** The hub's own address, and the one where large files lie. */
  urls: () => { hub: string; storage: string };
}

const API = /^\/api\/models\/(.+?)(?:\/(revision|tree|refs|paths-info)(?:\/([^/]+)(?:\/(.*))?)?)?$/;
const RESOLVE = /^\/(.+?)\/resolve\/([^/]+)\/(.+)$/;
const STORAGE = /^\/storage\/([0-9a-f]{64})$/;

/** Answers every request; the result is the number of file bytes that went out. */
export class Router {
  readonly #options: RouterOptions;
  readonly #large = new LargeFiles();

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  async answer(request: Request, response: ServerResponse): Promise<number> {
    const stored = STORAGE.exec(request.path);
    if (stored !== null) return this.#sendStored(request, response, stored[1] ?? "");
    checkToken(request.token, this.#options.tokens);
    if (request.path === "/api/whoami-v2") return this.#whoAmI(request, response);
    if (request.path === "/api/models") return this.#list(request, response);
    const api = API.exec(request.path);
    if (api !== null) return this.#answerApi(request, response, api);
    const resolve = RESOLVE.exec(request.path);
    if (resolve !== null) return this.#resolve(request, response, resolve);
    throw new HubError(404, undefined, "Not found");
  }

  #answerApi(
    request: Request,
    response: ServerResponse,
    [, id = "", kind, rev, path]: RegExpExecArray,
  ): number {
    const repo = this.#repo(id, request);
    if (kind === "refs") return sendJson(response, describeRefs(repo));
    const commit = findCommit(repo, decodeURIComponent(rev ?? "main"));
    if (kind === "tree") return this.#sendTree(request, response, commit, decodeURIComponent(path ?? ""));
    if (kind === "paths-info") {
      const paths = new URLSearchParams(request.body.toString()).getAll("paths");
      return sendJson(response, describePaths(commit, paths));
    }
    return sendJson(response, describeRepo(repo, commit, request.query.has("blobs")));
  }

  #list(request: Request, response: ServerResponse): number {
    const { query } = request;
    const [author, search] = [query.get("author"), query.get("search")?.toLowerCase() ?? ""];
    const found = [...this.#options.repos.values()].filter(
      (repo) =>
        isVisible(repo, request.token) &&
        repo.id.toLowerCase().includes(search) &&
        (author === null || repo.id.startsWith(`${author}/`)),
    );
    const listed = found.slice(0, Number(query.get("limit") ?? found.length));
    return sendJson(
      response,
      listed.map((repo) => describeRepo(repo, findCommit(repo, "main"), false)),
    );
  }

  #sendTree(request: Request, response: ServerResponse, commit: Commit, directory: string): number {
    const entries = listTree(commit, directory, /^(true|1)$/i.test(request.query.get("recursive") ?? ""));
    if (entries === undefined) throw entryNotFound();
    const start = Number(request.query.get("cursor") ?? 0);
    const end = start + this.#options.pageSize;
    if (end < entries.length) {
      const next = new URL(request.path, this.#options.urls().hub);
      for (const [name, value] of request.query) next.searchParams.set(name, value);
      next.searchParams.set("cursor", String(end));
      response.setHeader("Link", `<${next}>; rel="next"`);
    }
    return sendJson(response, entries.slice(start, end));
  }

  /** Small files come from here; for large ones the hub only says where they lie and what they are. */
  #resolve(
    request: Request,
    response: ServerResponse,
    [, id = "", rev = "", path = ""]: RegExpExecArray,
  ): number | Promise<number> {
    const repo = this.#repo(id, request);
    const commit = findCommit(repo, decodeURIComponent(rev));
    response.setHeader("X-Repo-Commit", commit.sha);
    const file = commit.files.find((candidate) => candidate.path === decodeURIComponent(path));
    if (file === undefined) throw entryNotFound();
    requireGranted(repo, request.token);
    if (file.lfs === undefined) {
      return this.#send(request, response, file.content, { ETag: `"${file.oid}"` }, file.path);
    }
    const location = new URL(`/storage/${file.lfs.sha256}`, this.#options.urls().storage);
    location.searchParams.set("signature", this.#large.sign(file));
    response.writeHead(302, {
      Location: String(location),
      "X-Linked-Size": String(file.content.length),
      "X-Linked-ETag": `"${file.lfs.sha256}"`,
    });
    response.end();
    return 0;
  }

  #sendStored(request: Request, response: ServerResponse, sha256: string): Promise<number> {
    const file = this.#large.find(sha256, request.query.get("signature"));
    if (file === undefined) throw new HubError(403, undefined, "Forbidden");
    const headers = {
      ETag: `"${sha256}"`,
      "Content-Disposition": `inline; filename="${file.path.split("/").at(-1)}"`,
    };
    return this.#send(request, response, file.content, headers, file.path);
  }

  #send(
    request: Request,
    response: ServerResponse,
    content: Buffer,
    headers: Record<string, string>,
    path: string,
  ): Promise<number> {
    const disturbance = request.method === "GET" ? this.#options.faults.takeDisturbance(path) : undefined;
    return sendFile(request, response, { content, headers, ...(disturbance && { disturbance }) });
  }

  #whoAmI(request: Request, response: ServerResponse): number {
    if (request.token === undefined) throw new HubError(401, undefined, "Invalid username or password.");
    return sendJson(response, {
      type: "user",
      id: "1",
      name: "tester",
      fullname: "Tester",
      orgs: [],
      auth: { type: "access_token" },
    });
  }

  #repo(id: string, request: Request): HubRepo {
    return requireVisible(this.#options.repos.get(id), request.token);
  }
}

function findCommit(repo: HubRepo, revision: string): Commit {
  const commit = repo.find(revision);
  if (commit === undefined) throw revisionNotFound(revision);
  return commit;
}

function sendJson(response: ServerResponse, body: object): number {
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  return 0;
}

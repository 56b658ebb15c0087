import { createHash } from "node:crypto";
import { createHubFile, type HubFile } from "./hub-file.ts";
import { type RepoFiles, readFiles } from "./read-files.ts";

/** One state of a repo. */
export interface Commit {
  sha: string;
  date: Date;
  files: readonly HubFile[];
}

/** Who may see or download a repo. */
export interface RepoAccess {
  /** Only tokens in `allowed` may download; everybody may see what there is. */
  gated?: boolean;
  /** Only tokens in `allowed` may know that it exists. */
  private?: boolean;
  /** Tokens that were granted access. */
  allowed?: readonly string[];
}

const MAIN = "main";

/** A model repo: commits, and the branches and tags that name them. */
export class HubRepo {
  readonly id: string;
  readonly access: Readonly<RepoAccess>;
  readonly branches = new Map<string, string>();
  readonly tags = new Map<string, string>();
  readonly #commits = new Map<string, Commit>();

  constructor(id: string, access: RepoAccess) {
    this.id = id;
    this.access = access;
  }

  /** Replaces a branch's files with others; the result is the new commit's hash. */
  async commit(source: string | RepoFiles, options: { branch?: string } = {}): Promise<string> {
    const { branch = MAIN } = options;
    const files = [...(await readFiles(source))].map(([path, content]) => createHubFile(path, content));
    const parent = this.branches.get(branch) ?? this.branches.get(MAIN) ?? "";
    const described = JSON.stringify([this.id, parent, files.map(({ path, oid }) => [path, oid])]);
    const sha = createHash("sha1").update(described).digest("hex");
    this.#commits.set(sha, {
      sha,
      date: new Date(),
      files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    });
    this.branches.set(branch, sha);
    return sha;
  }

  /** Names a commit for good. */
  tag(name: string, revision: string = MAIN): void {
    const commit = this.find(revision);
    if (commit === undefined) throw new Error(`${this.id} has no revision ${revision} to tag`);
    this.tags.set(name, commit.sha);
  }

  /** The commit that a branch, tag or hash names. */
  find(revision: string): Commit | undefined {
    const name = revision.replace(/^refs\/(heads|tags)\//, "");
    return this.#commits.get(this.branches.get(name) ?? this.tags.get(name) ?? revision);
  }
}

import type { Commit, HubRepo } from "../repos/hub-repo.ts";

/** A model's page as JSON; sizes and hashes only when asked for. */
export function describeRepo(repo: HubRepo, commit: Commit, withBlobs: boolean): object {
  return {
    _id: commit.sha.slice(0, 24),
    id: repo.id,
    modelId: repo.id,
    author: repo.id.split("/")[0],
    sha: commit.sha,
    lastModified: commit.date.toISOString(),
    createdAt: commit.date.toISOString(),
    private: repo.access.private ?? false,
    gated: repo.access.gated ? "manual" : false,
    disabled: false,
    downloads: 0,
    likes: 0,
    tags: [],
    spaces: [],
    siblings: commit.files.map(({ path, content, oid, lfs }) => ({
      rfilename: path,
      ...(withBlobs && { size: content.length, blobId: oid }),
      ...(withBlobs &&
        lfs && { lfs: { sha256: lfs.sha256, size: content.length, pointerSize: lfs.pointerSize } }),
    })),
  };
}

/** The branches and tags of a repo. */
export function describeRefs(repo: HubRepo): object {
  const list = (kind: string, refs: ReadonlyMap<string, string>) =>
    [...refs].map(([name, targetCommit]) => ({ name, ref: `refs/${kind}/${name}`, targetCommit }));
  return {
    branches: list("heads", repo.branches),
    tags: list("tags", repo.tags),
    converts: [],
    pullRequests: [],
  };
}

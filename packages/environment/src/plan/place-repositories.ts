import { type RepoConfig, sandboxPaths } from "@seer/config";
import type { RepositoryStep } from "./plan.ts";

/** Where each configured repository comes from, and where it is checked out: beside the agent's files. */
export function placeRepositories(repos: readonly RepoConfig[]): RepositoryStep[] {
  return repos.map(({ url, ref, install, dockerfile }) => ({
    kind: "repository",
    name: url,
    // `owner/repo` is GitHub's; anything else has a scheme or a host.
    url: /^[^/:@]+\/[^/:]+$/.test(url) ? `https://github.com/${url}.git` : url,
    ...(ref === undefined ? {} : { ref }),
    path: `${sandboxPaths.workspace}/${nameOf(url)}`,
    install,
    ...(dockerfile === undefined ? {} : { dockerfile }),
  }));
}

function nameOf(url: string): string {
  const last = url.replace(/\/+$/, "").split(/[/:]/).at(-1) ?? url;
  return last.replace(/\.git$/, "") || "repository";
}

import { HubError } from "./http/hub-error.ts";
import type { HubRepo } from "./repos/hub-repo.ts";

/** Who is asking: refuses what is no token of this hub, whatever it is used for. */
export function checkToken(token: string | undefined, tokens: ReadonlySet<string>): void {
  if (token !== undefined && !tokens.has(token)) {
    throw new HubError(401, undefined, "Invalid credentials in Authorization header");
  }
}

/** Whether somebody may know that a repo exists. */
export function isVisible(repo: HubRepo, token: string | undefined): boolean {
  return !repo.access.private || isAllowed(repo, token);
}

/** A repo that may be seen; one that is missing and one that is private look the same. */
export function requireVisible(repo: HubRepo | undefined, token: string | undefined): HubRepo {
  if (repo !== undefined && isVisible(repo, token)) return repo;
  if (token === undefined) throw new HubError(401, "RepoNotFound", "Invalid username or password.");
  throw new HubError(404, "RepoNotFound", "Repository not found");
}

/** Refuses to hand out the files of a gated repo to whom it was not granted. */
export function requireGranted(repo: HubRepo, token: string | undefined): void {
  if (!repo.access.gated || isAllowed(repo, token)) return;
  const page = `Access to model ${repo.id} is restricted`;
  if (token === undefined) {
    throw new HubError(
      401,
      "GatedRepo",
      `${page}. You must have access to it and be authenticated to access it. Please log in.`,
    );
  }
  throw new HubError(
    403,
    "GatedRepo",
    `${page} and you are not in the authorized list. Visit the model's page to ask for access.`,
  );
}

function isAllowed(repo: HubRepo, token: string | undefined): boolean {
  return token !== undefined && (repo.access.allowed ?? []).includes(token);
}

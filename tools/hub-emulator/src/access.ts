import { HubError } from "./http/hub-error.ts";
import type { HubRepo } from "./repos/hub-repo.ts";

/** The token of a request; refuses unknown tokens, even where no token is needed. */
export function checkToken(token: string | undefined, tokens: ReadonlySet<string>): void {
  if (token !== undefined && !tokens.has(token)) {
    throw new HubError(401, undefined, "Invalid credentials in Authorization header");
  }
}

/** Whether a token may see that a repo exists. */
export function isVisible(repo: HubRepo, token: string | undefined): boolean {
  return !repo.access.private || isAllowed(repo, token);
}

/** Finds a visible repo; gives the same error for missing and private ones. */
export function requireVisible(repo: HubRepo | undefined, token: string | undefined): HubRepo {
  if (repo !== undefined && isVisible(repo, token)) return repo;
  if (token === undefined) throw new HubError(401, "RepoNotFound", "Invalid username or password.");
  throw new HubError(404, "RepoNotFound", "Repository not found");
}

/** Refuses access to the files of a gated repo, unless the token was granted access. */
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

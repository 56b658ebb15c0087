import { hasCredentials, withoutCredentials } from "./mask.ts";

/** URLs for git's command line, and the variables from which git takes their names and passwords. */
export interface GitAccess {
  readonly urls: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Login {
  /** The URL without the name and password. */
  readonly url: string;
  readonly username: string;
  readonly password: string | undefined;
}

/**
 * Moves the names and passwords of HTTP URLs to git's environment. Every user of the machine can read command lines, and
 * git repeats a URL on those of its helpers, but only its own user can read a process's variables.
 *
 * @param before - The variables that git runs with otherwise
 */
export function gitAccess(urls: readonly string[], before: NodeJS.ProcessEnv = {}): GitAccess {
  const logins = urls.filter((url) => isHttp.test(url) && hasCredentials(url)).map(loginOf);
  const variables: Record<string, string> = {};
  const settings: [key: string, value: string][] = [];
  for (const [index, login] of logins.entries()) {
    const { username, password } = login;
    variables[`SEER_GIT_USERNAME_${index}`] = username;
    variables[`SEER_GIT_PASSWORD_${index}`] = password ?? "";
    const section = `credential.${scope(login, logins)}`;
    // Without a password the name is a token, or one to which a credential helper of the user's knows the password.
    settings.push(password === undefined ? [`${section}.username`, username] : [`${section}.helper`, ""]);
    settings.push([`${section}.helper`, helper(index)]);
  }
  return {
    urls: urls.map((url) => (isHttp.test(url) ? withoutCredentials(url) : url)),
    env: logins.length === 0 ? {} : { ...variables, ...configVariables(settings, before) },
  };
}

/** The URL of a requirement that is a git repository. */
export function gitUrl(requirement: string): string | undefined {
  return /git\+(https?:\/\/[^\s#;]+)/i.exec(requirement)?.[1];
}

const isHttp = /^https?:\/\//i;

function loginOf(text: string): Login {
  const url = withoutCredentials(text);
  const start = text.indexOf("://") + "://".length;
  const login = text.slice(start, text.length - url.length + start - 1);
  const colon = login.indexOf(":");
  if (colon < 0) return { url, username: decoded(login), password: undefined };
  return { url, username: decoded(login.slice(0, colon)), password: decoded(login.slice(colon + 1)) };
}

function decoded(text: string): string {
  try {
    const plain = decodeURIComponent(text);
    // A line of what a helper answers ends there.
    return /[\n\0]/.test(plain) ? text : plain;
  } catch {
    return text;
  }
}

/** All of a host, to which redirects may lead, unless another login is for a part of the same host. */
function scope({ url, username, password }: Login, logins: readonly Login[]): string {
  const others = logins.filter((other) => hostOf(other.url) === hostOf(url));
  const same = others.every((other) => other.username === username && other.password === password);
  // A requirement has its revision behind an `@`.
  return same ? hostOf(url) : url.replace(/@[^@/]*$/, "");
}

function hostOf(url: string): string {
  const path = url.indexOf("/", url.indexOf("://") + "://".length);
  return path < 0 ? url : url.slice(0, path);
}

function helper(index: number): string {
  return `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$SEER_GIT_USERNAME_${index}" "$SEER_GIT_PASSWORD_${index}"; }; f`;
}

function configVariables(
  settings: readonly (readonly [key: string, value: string])[],
  before: NodeJS.ProcessEnv,
): Record<string, string> {
  const first = Number(before.GIT_CONFIG_COUNT) || 0;
  return Object.fromEntries([
    ["GIT_CONFIG_COUNT", String(first + settings.length)],
    ...settings.flatMap(([key, value], index) => [
      [`GIT_CONFIG_KEY_${first + index}`, key],
      [`GIT_CONFIG_VALUE_${first + index}`, value],
    ]),
  ]);
}

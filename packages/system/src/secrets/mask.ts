/** Replaces the values of secrets with their names. */
export type Mask = (text: string) => string;

// Shorter values would match ordinary text.
const minimumLength = 4;
// Encoded values look like ordinary identifiers.
const minimumEncodedLength = 8;

/**
 * A mask for log lines and error messages, of secrets as they are, URL-encoded, and in base64 or hexadecimal. The output
 * of a user's commands is not masked.
 */
export function maskFor(secrets: Readonly<Record<string, string>>): Mask {
  const secretTexts = Object.entries(secrets)
    // A value of several lines may be printed line by line.
    .flatMap(([name, value]) => [value, ...value.split("\n")].map((part) => ({ name, text: part.trim() })))
    .filter(({ text }) => text.length >= minimumLength)
    .flatMap(({ name, text }) => [
      { name, text },
      ...encodings(text).map((encoded) => ({ name, text: encoded })),
    ])
    .toSorted((a, b) => b.text.length - a.text.length);
  return (text) =>
    secretTexts.reduce(
      (masked, { name, text: secret }) => masked.replaceAll(secret, () => `<${name}>`),
      text,
    );
}

function encodings(secret: string): string[] {
  const data = Buffer.from(secret);
  const hex = data.toString("hex");
  // Of a longer text in base64, such as `user:password`, the characters that depend on the secret alone.
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), data])
      .toString("base64")
      .slice([0, 2, 3][offset], Math.floor(((offset + data.length) * 8) / 6)),
  );
  const urlSafe = base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  return [percentEncoded(secret), hex, hex.toUpperCase(), ...base64, ...urlSafe].filter(
    (text, index, all) =>
      text.length >= minimumEncodedLength && text !== secret && all.indexOf(text) === index,
  );
}

/** Encodes all but letters, digits and `_.~-`, as Python's `quote` does. */
function percentEncoded(text: string): string {
  const encode = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text.toWellFormed()).replaceAll(/[!'()*]/g, encode);
}

// Scanned by hand in linear time, because installer output contains untrusted text and regular expressions backtrack.

/** Removes user names, passwords and tokens from the URLs in a text. */
export function withoutCredentials(text: string): string {
  let clean = "";
  let copied = 0;
  for (const { start, end } of credentialsIn(text)) {
    clean += text.slice(copied, start);
    copied = end;
  }
  return clean + text.slice(copied);
}

export function hasCredentials(text: string): boolean {
  return !credentialsIn(text).next().done;
}

/** The ranges of credentials in URLs, including the `@`. */
function* credentialsIn(text: string): Generator<{ start: number; end: number }, void> {
  for (let at = text.indexOf(separator); at >= 0; ) {
    const start = at + separator.length;
    const next = text.indexOf(separator, start);
    const url = text.slice(start, urlEnd(text, start, next < 0 ? text.length : next));
    const length = credentialsLength(url);
    if (length > 0) yield { start, end: start + length };
    at = next;
  }
}

const separator = "://";
const urlTerminators = new Set(" \t\r\n\"'<>`");

function urlEnd(text: string, start: number, limit: number): number {
  let end = start;
  while (end < limit && !urlTerminators.has(text[end] ?? "")) end++;
  return end;
}

/** The length of the credentials at the start of what follows `://`. */
function credentialsLength(url: string): number {
  const slash = url.indexOf("/");
  const authority = slash < 0 ? url : url.slice(0, slash);
  const inAuthority = authority.lastIndexOf("@");
  if (inAuthority >= 0) return inAuthority + 1;
  // A password may contain a slash; but in `host/repository@v1`, the text after the `@` is not a host.
  if (looksLikeHost(authority)) return 0;
  for (let at = url.lastIndexOf("@"); at >= 0; at = at === 0 ? -1 : url.lastIndexOf("@", at - 1))
    if (startsWithHost(url.slice(at + 1, at + 2 + longestHost))) return at + 1;
  return 0;
}

function looksLikeHost(authority: string): boolean {
  return (
    authority.length <= longestHost &&
    /^(\[[0-9a-f:.]+\]|localhost|[\w-]+(\.[\w-]+)+)(:\d{1,5})?$/i.test(authority)
  );
}

const longestHost = 300;

function startsWithHost(text: string): boolean {
  const slash = text.indexOf("/");
  return looksLikeHost(slash < 0 ? text : text.slice(0, slash));
}

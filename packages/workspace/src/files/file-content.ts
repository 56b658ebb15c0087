/** What a file holds: text, or bytes that are not UTF-8. */
export type FileContent = string | Uint8Array;

/** Files by their relative path, with `/` between its parts. */
export type Files = Readonly<Record<string, FileContent>>;

// A byte order mark is kept, so that a file is written back as it was read.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function decodeContent(bytes: Uint8Array): FileContent {
  try {
    return utf8.decode(bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}

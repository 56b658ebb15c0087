/** Content of a file: text, or bytes if it is not UTF-8. */
export type FileContent = string | Uint8Array;

/** Files by relative path, with `/` as the separator. */
export type Files = Readonly<Record<string, FileContent>>;

// A byte order mark is kept, so that files are copied unchanged.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function decodeContent(bytes: Uint8Array): FileContent {
  try {
    return utf8.decode(bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}

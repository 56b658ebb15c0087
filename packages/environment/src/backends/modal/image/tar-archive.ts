export interface TarEntry {
  /** Relative path with forward slashes, at most 100 bytes long. */
  readonly path: string;
  readonly content: Uint8Array;
}

const block = 512;

/** Creates a tar archive of regular files, without timestamps or owners. */
export function tarArchive(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, content }) => [
    header(path, content.length),
    content,
    Buffer.alloc((block - (content.length % block)) % block),
  ]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * block)]);
}

/** A header in the ustar format of POSIX. */
function header(path: string, size: number): Buffer {
  const bytes = Buffer.alloc(block);
  if (bytes.write(path, 0) > 100) throw new RangeError(`${path} is too long for a tar archive`);
  const octal = (value: number, at: number, length: number) =>
    bytes.write(value.toString(8).padStart(length - 1, "0"), at);
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  bytes.write("0", 156);
  bytes.write("ustar\x0000", 257);
  // The checksum is computed with spaces in its own field.
  bytes.fill(" ", 148, 156);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return bytes;
}
